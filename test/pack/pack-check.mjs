// Packs the library as it would be published and runs the README's quick start on it, in an application that has nothing
// else: each supported Nest, Express and Fastify. The application is called with the official MCP client.
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkAnswers } from './answers.mjs';
import { compileExistingServer, compileQuickStart, installApplication, startApplication } from './application.mjs';
import { startIssuer } from './issuer.mjs';
import { packLibrary } from './tarball.mjs';

const scratch = await realpath(await mkdtemp(join(tmpdir(), 'nestjs-eie-pack-')));
const issuer = await startIssuer();
try {
  const tarball = await packLibrary(scratch);
  for (const nest of ['12', '11.2']) {
    const folder = await installApplication(join(scratch, `nest-${nest}`), tarball, nest);
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
      AUDIT_FILE: join(scratch, 'audit.jsonl'),
    };
    await checkStarted(await startApplication(folder, issuer, extra), ofTenant);
    console.log(`pack check: Nest ${nest} with mcp-nest passed`);
  }
} finally {
  await issuer.stop();
  await rm(scratch, { recursive: true, force: true });
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
