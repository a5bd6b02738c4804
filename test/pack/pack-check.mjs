// Packs the packages as they would be published. An empty project installs execution-identity alone and verifies a
// delegated call on plain Node; another one decides by nestjs-eie-cedar, and
// one has the stores of Redis and PostgreSQL. The README's quick start runs in an
// application that has nothing else: each supported Nest, Express and Fastify. It is called with the official MCP client.
// `--keep <folder>` leaves the applications there, so that `npm run matrix -- --from <folder>` need not install them again.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkAnswers } from './answers.mjs';
import { compileExistingServer, compileQuickStart, installApplication, startApplication } from './application.mjs';
import { checkCedar } from './cedar.mjs';
import { startIssuer } from './issuer.mjs';
import { checkReceiver, installReceiver } from './receiver/receiver.mjs';
import { checkStores } from './stores.mjs';
import { packLibraries } from './tarball.mjs';

const { keep } = parseArgs({ options: { keep: { type: 'string' } } }).values;
if (keep) await mkdir(keep, { recursive: true });
const scratch = await realpath(keep ?? (await mkdtemp(join(tmpdir(), 'nestjs-eie-pack-'))));
const issuer = await startIssuer();
try {
  const tarballs = await packLibraries(scratch);
  const receiver = await installReceiver(join(scratch, 'receiver'), tarballs.core);
  checkCommand(receiver, 'execution-identity');
  const vectors = await checkReceiver(receiver);
  console.log(`pack check: execution-identity alone passed, ${vectors} vectors and a call over HTTP`);
  await checkCedar(join(scratch, 'cedar'), tarballs);
  console.log('pack check: nestjs-eie-cedar beside execution-identity passed');
  await checkStores(join(scratch, 'stores'), tarballs);
  console.log('pack check: nestjs-eie-redis and nestjs-eie-postgres beside execution-identity passed');
  for (const nest of ['12', '11.2']) {
    const folder = await installApplication(join(scratch, `nest-${nest}`), tarballs, nest);
    checkCommand(folder, 'nestjs-eie');
    for (const adapter of ['express', 'fastify']) {
      await compileQuickStart(folder, adapter);
      await checkStarted(await startApplication(folder, issuer), issuer);
      console.log(`pack check: Nest ${nest} on ${adapter} passed`);
    }
    await compileExistingServer(folder);
    const ofTenant = {
      ...issuer,
      accessToken: (audience, scope) => issuer.accessToken(audience, scope, { tenant: 'acme' }),
    };
    const extra = {
      CLIENT_KEY: JSON.stringify(issuer.clientKey),
      ORDERS_URL: issuer.url,
      ORDERS_RESOURCE: issuer.url,
      AUDIT_DIRECTORY: join(scratch, 'audit'),
      NODE_ENV: 'development',
    };
    await checkStarted(await startApplication(folder, issuer, extra), ofTenant);
    console.log(`pack check: Nest ${nest} with mcp-nest passed`);
  }
} finally {
  await issuer.stop();
  if (!keep) await rm(scratch, { recursive: true, force: true });
}

function checkCommand(folder, program) {
  const help = execFileSync(join(folder, 'node_modules/.bin', program), ['audit', '--help'], { encoding: 'utf8' });
  assert.match(help, new RegExp(`^${program} audit <command>`));
}

async function checkStarted(application, issuer) {
  try {
    await checkAnswers(application.url, issuer);
  } catch (error) {
    console.error(application.output());
    throw error;
  } finally {
    await application.stop();
  }
}
