// Packs the packages as they would be published, installs them as a team would, and runs the tests of docs/testing.md, word for word: Jest in a
// CommonJS project of Nest 11, and on Nest 12 Jest with ES modules, Vitest and node:test.
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packLibraries } from '../../pack/tarball.mjs';
import { installCommonJs, installEsModules } from './projects.mjs';
import { runJest, runJestWithEsModules, runNodeTest, runVitest, runWithNestDefault } from './runs.mjs';

const scratch = await realpath(await mkdtemp(join(tmpdir(), 'nestjs-eie-testing-')));
try {
  const tarballs = await packLibraries(scratch);
  const commonJs = await installCommonJs(join(scratch, 'nest-11'), tarballs);
  report('Jest, CommonJS, Nest 11', await runJest(commonJs));
  report('the default transform of Nest 11 is refused by name', await runWithNestDefault(commonJs));
  const esModules = await installEsModules(join(scratch, 'nest-12'), tarballs);
  report('Vitest, Nest 12', await runVitest(esModules));
  report('Jest, ES modules, Nest 12', await runJestWithEsModules(esModules));
  report('node:test, Nest 12', await runNodeTest(esModules));
} finally {
  await rm(scratch, { recursive: true, force: true });
}

function report(what, seconds) {
  console.log(`test kit: ${what} passed, ${seconds.toFixed(1)} s`);
}
