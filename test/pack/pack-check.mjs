// Packs the library as it would be published and runs the README's quick start on it, in an application that has nothing
// else: each supported Nest, Express and Fastify. The application is called with the official MCP client.
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkAnswers } from './answers.mjs';
import { compileQuickStart, installApplication, startApplication } from './application.mjs';
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
      const application = await startApplication(folder, issuer);
      try {
        await checkAnswers(application.url, issuer);
      } catch (error) {
        console.error(application.output());
        throw error;
      } finally {
        await application.stop();
      }
      console.log(`pack check: Nest ${nest} on ${adapter} passed`);
    }
  }
} finally {
  await issuer.stop();
  await rm(scratch, { recursive: true, force: true });
}
