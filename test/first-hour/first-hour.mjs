import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packLibraries } from '../pack/tarball.mjs';
import { freePort } from '../support/free-port.ts';
import { commandsOfPage } from './page.mjs';
import { installPacked, newProject, onAdapter } from './new-project.mjs';
import { startProvider } from './provider.mjs';
import { shell } from './run.mjs';
import { Walk } from './walk.mjs';
import { callWhoami } from './whoami.mjs';

const HELP = `npm run first-hour [-- options]
Walks through docs/start.md in projects as "nest new" makes them: Nest 11 (CommonJS) and 12 (ESM), Express and Fastify, with the packages as they
would be published. No file is edited by hand. The tool answers to a token of "nestjs-eie token". Then the server gets its tokens from oidc-provider,
after a login of a user, and only two environment variables say so; its tool is called with the official MCP client.

  --quick   two projects: Nest 11 on Express and Nest 12 on Fastify
  --json    only one line at the end: { projects: [{ nest, module, adapter, commands, seconds, whoami, ownTests, withOidcProvider }] }
  --help    this text

"commands" are those of the page. "seconds" are from init to the answer of the tool, with the installation of its packages.
"ownTests" is there where the tests of the project itself were run, and pass. What is not proven is left out.`;

const QUICK = { 11: 'express', 12: 'fastify' };

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
});
const say = options.json ? () => undefined : text => console.log(`first hour: ${text}`);

async function firstHour() {
  const scratch = await realpath(await mkdtemp(join(tmpdir(), 'nestjs-eie-first-hour-')));
  const issuer = await startProvider();
  const projects = [];
  try {
    const commands = await commandsOfPage();
    const [tarballs, ...made] = await Promise.all([
      packLibraries(scratch),
      ...['11', '12'].map(nest => newProject(scratch, nest)),
    ]);
    for (const one of made) {
      const { nest } = one;
      await installPacked(one, tarballs);
      for (const adapter of options.quick ? [QUICK[nest]] : ['fastify', 'express']) {
        const project = await onAdapter(one, adapter);
        projects.push(await walkThrough(project, commands, issuer));
        say(`Nest ${nest} (${project.module}) on ${adapter} in ${projects.at(-1).seconds} seconds`);
      }
    }
  } finally {
    await issuer.stop();
    await rm(scratch, { recursive: true, force: true });
  }
  return projects;
}

async function walkThrough(project, commands, issuer) {
  const walk = new Walk(project, { issuer, port: await freePort() });
  const start = performance.now();
  try {
    for (const command of commands) await walk.follow(command);
    const whoami = walk.answered !== undefined;
    const token = await issuer.accessToken('alice', walk.resource);
    const { user, agent } = await callWhoami(walk.resource, token);
    const seconds = Math.round((walk.answered - start) / 100) / 10;
    const ownTests = await testsOf(project, walk);
    return {
      ...{ nest: project.nest, module: project.module, adapter: project.adapter, commands, seconds, whoami },
      ...(ownTests && { ownTests }),
      withOidcProvider: user === 'alice' && agent === 'desk',
    };
  } catch (error) {
    console.error(walk.log);
    throw error;
  } finally {
    await walk.stop();
  }
}

/** Those of `nest new`, and the one that starts the application. Jest loads no ES module into CommonJS without a preset. */
async function testsOf({ folder }, walk) {
  const { scripts, jest } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  if (scripts.test.startsWith('jest') && !jest?.preset) return undefined;
  await shell('npm test', folder);
  await shell('npm run test:e2e', folder, { EIE_RESOURCE: walk.resource, EIE_ISSUER: walk.issuer.url });
  return true;
}

if (options.help) console.log(HELP);
else {
  const projects = await firstHour();
  console.log(JSON.stringify({ projects }));
  process.exitCode = projects.every(one => one.whoami && one.withOidcProvider) ? 0 : 1;
}
