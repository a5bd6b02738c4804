import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';
import { FAULTS } from './controls.js';

const libs = fileURLToPath(new URL('../../libs/', import.meta.url));
const sources = readdirSync(libs, { recursive: true, encoding: 'utf8' }).filter(path =>
  /\/src\/.*(?<!\.spec)\.ts$/.test(path),
);

function compiled(path: string): string {
  return transformSync(readFileSync(libs + path, 'utf8'), {
    jsc: { target: 'es2023', parser: { syntax: 'typescript', decorators: true }, transform: { legacyDecorator: true } },
    module: { type: 'es6' },
  }).code;
}

// The quick form of the promises plants one fault for each: this is how the others are noticed when their line moves.
describe('a fault that is planted as a control', () => {
  it.each(FAULTS.flat().map(({ cause, edits }) => [cause, edits] as const))(
    'has its line in the library: %s',
    (_cause, edits) => {
      for (const { file, from } of edits) {
        const found = sources.filter(path => path.replace(/\.ts$/, '').endsWith(`/${file.replace(/\.ts$/, '')}`));
        expect([file, found.length]).toEqual([file, 1]);
        expect(compiled(found[0]!)).toContain(from);
      }
    },
  );
});
