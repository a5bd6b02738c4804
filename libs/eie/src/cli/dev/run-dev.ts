import { basename, relative } from 'node:path';
import { type Terminal, wrapped } from 'execution-identity/internal/cli';
import { SupervisedApplication } from './dev-application.js';
import { devClients } from './dev-clients.js';
import { DevIssuer } from './dev-issuer.js';
import { type DevApplication, type DevPage, type DevUser } from './dev-page.js';
import { type DevProject } from './dev-project.js';
import { addressOf, isListening, scopesOf } from './listening.js';
import { followCalls, newAuditFolder, noteAgents } from './live-audit.js';
import { LivePage } from './live-page.js';
import { startPageServer } from './page-server.js';
import { clearSession, newSecret, removeSession, writeSession } from './session-file.js';
import { SourceWatch } from './source-watch.js';
import { builtFolder, watchesItself } from './start-command.js';

/** Milliseconds in which an application that listens opens its audit log. */
const LOG_PATIENCE = 3_000;

export interface DevRun {
  readonly project: DevProject;
  readonly command: string;
  readonly users: readonly DevUser[];
  readonly terminal: Terminal;
  /** Ends the run. */
  readonly signal: AbortSignal;
  /** Called at once with what ends the application without waiting for it. */
  readonly onStart: (kill: () => void) => void;
}

/** Runs until the signal aborts. @returns the exit code of the application */
export async function runDev(run: DevRun): Promise<number> {
  const { project, terminal, users } = run;
  if (await clearSession(project))
    say(terminal, 'The one before this was ended from outside; what it has left is removed.');
  const issuer = await DevIssuer.start(users, project.resource);
  const page = new LivePage({
    application: asStarting(run),
    issuer: issuer.issuer,
    users,
    agents: [],
    scopes: [],
    clients: devClients(basename(project.folder), project.resource),
    audit: { directory: newAuditFolder(project), state: 'waiting' },
    calls: [],
  });
  const secret = newSecret();
  const token = async (body: unknown) => {
    const { agent } = Object(body) as { agent?: unknown };
    const made = await issuer.token(body);
    if (typeof agent === 'string') noteAgents(page, [agent]);
    return made;
  };
  const server = await startPageServer({ page, secret, token, decode: one => issuer.decode(one) });
  try {
    writeSession(project, { pid: process.pid, url: server.url, secret });
    // Its lines are copied: none is wrapped.
    terminal.note(`${welcome(run, server.url, page.now)}\n`);
    return await supervised(run, page, issuer.environment);
  } finally {
    removeSession(project, secret);
    await server.close();
    await issuer.close();
  }
}

async function supervised(run: DevRun, page: LivePage, issuing: NodeJS.ProcessEnv): Promise<number> {
  const { project, command, terminal, signal } = run;
  const { folder, resource } = project;
  const { directory } = page.now.audit;
  const address = addressOf(resource, project.env.PORT);
  const app = new SupervisedApplication({
    command,
    resource,
    address,
    folder,
    env: {
      ...process.env,
      ...(project.env.PORT && { PORT: project.env.PORT }),
      ...issuing,
      EIE_RESOURCE: resource,
      EIE_AUDIT_DIRECTORY: directory,
      ...(terminal.isInteractive && !process.env.NO_COLOR && { FORCE_COLOR: '1' }),
    },
    output: (stream, text) => (stream === 'stdout' ? terminal.write : terminal.note)(text),
    changed: now => onApplication(now, page),
    stopped: code =>
      say(terminal, `The application has stopped with exit code ${code}. Save a file to start it again; Ctrl-C ends.`),
  });
  run.onStart(() => app.kill());
  if (await isListening(address))
    say(terminal, `Something listens on port ${address.port} already, so the application may not be able to.`);
  const isWatching = watchesItself(command, project.scripts);
  const sources = await SourceWatch.start(folder, builtFolder(command, project.scripts), () => {
    if (isWatching && app.now.state !== 'stopped') return;
    say(terminal, 'The sources have changed: the application is started again.');
    void app.restart();
  });
  void app.restart();
  const following = followCalls(page, signal, message => say(terminal, message));
  await aborted(signal);
  sources.close();
  const code = await app.end();
  await following;
  return code;
}

/** The metadata is asked for once for each start. An audit log that does not come is said. */
function onApplication(application: DevApplication, page: LivePage): void {
  const isNew = application.state === 'listening' && page.now.application.state !== 'listening';
  page.change({ application });
  if (!isNew) return;
  void scopesOf(application.resource).then(scopes => page.change({ scopes }));
  setTimeout(() => {
    const { audit } = page.now;
    const isListening = page.now.application.state === 'listening';
    if (isListening && audit.state === 'waiting') page.change({ audit: { ...audit, state: 'absent' } });
  }, LOG_PATIENCE).unref();
}

const asStarting = ({ command, project: { resource } }: DevRun): DevApplication => ({
  state: 'starting',
  command,
  resource,
  exitCode: null,
  output: [],
});

const welcome = ({ command, project }: DevRun, url: string, { issuer, audit }: DevPage): string =>
  [
    `nestjs-eie dev: ${command}`,
    `  page      ${url}/`,
    `  resource  ${project.resource}`,
    `  issuer    ${issuer}, which asks for no password`,
    '  a token   npx nestjs-eie token --sub alice',
    `  who acts  npx nestjs-eie audit who ${relative(project.folder, audit.directory)}`,
  ].join('\n');

const say = (terminal: Terminal, text: string): void => terminal.note(wrapped(text));

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
