import { writeFileSync } from 'node:fs';
import { generated, KINDS, textOf } from './rules.js';

// Writes the corpus anew, after its rules have changed: `node --import ./test/support/typescript-loader.mjs test/interop/corpus/make.ts`.
for (const kind of KINDS) {
  const cases = generated(kind);
  writeFileSync(new URL(`${kind}.json`, import.meta.url), textOf(cases));
  console.log(`${kind}.json: ${cases.filter(one => one.verdict === 'legal').length} legal of ${cases.length}`);
}
