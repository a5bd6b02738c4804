import { type Command, UsageError } from 'execution-identity/internal/cli';
import { isDevelopment } from '../../options/environment.js';
import { devProject } from './dev-project.js';
import { devUsers } from './dev-users.js';
import { shellCommand } from './shell-command.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export const devCommand: Command = {
  name: 'dev',
  summary: 'starts your application beside a local authorization server, with a page',
  usage: [
    'dev [--user <sub>[:<tenant>[:<role>,<role>]]]… -- <start command>',
    '',
    '<start command>      such as npm run start:dev; it is started again when a',
    '                     source changes, unless it watches by itself (--watch)',
    '--user <sub>…        who may sign in, once for each (default: alice and bob)',
    '',
    'The command gets EIE_ISSUER, EIE_RESOURCE and EIE_AUDIT_DIRECTORY; EIE_CLIENT_ID and',
    'EIE_CLIENT_SECRET, by which it gets tokens for APIs there; and NODE_ENV, which is',
    '"development" where it is unset. EIE_RESOURCE comes from the environment or .env;',
    'by default it is http://localhost:<PORT or 3000>/mcp.',
    'The page shows calls, refusals and tokens, on this machine alone. Anybody who can',
    'use this machine gets tokens of the local server: no other server must trust it.',
    '',
    'exit code  that of the application, 2 where the command is wrong',
  ],
  operands: Infinity,
  endsInOrder: true,
  options: { user: { type: 'string', multiple: true } },
  async run(typed, terminal) {
    const command = shellCommand(typed.positionals);
    if (!command) throw new UsageError('Name the start command: nestjs-eie dev -- npm run start:dev');
    process.env.NODE_ENV ||= 'development';
    if (!isDevelopment())
      throw new UsageError(
        `NODE_ENV is "${process.env.NODE_ENV}": nestjs-eie dev makes tokens for anybody, so it runs only where NODE_ENV is unset, "development" or "test".`,
      );
    const stop = new AbortController();
    let kill: () => void = () => undefined;
    let signals = 0;
    // The first one waits for the application to end, the second one does not.
    const onSignal = (): void => (signals++ ? kill() : stop.abort());
    for (const signal of SIGNALS) process.on(signal, onSignal);
    terminal.signal.addEventListener('abort', () => stop.abort());
    process.on('exit', () => kill());
    const run = {
      project: devProject(process.cwd()),
      users: devUsers(typed.list('user')),
      ...{ command, terminal, signal: stop.signal },
      onStart: (end: () => void) => (kill = end),
    };
    const { runDev } = await import('./run-dev.js');
    return await runDev(run);
  },
};
