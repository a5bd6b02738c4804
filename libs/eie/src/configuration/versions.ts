import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { thisCopy } from 'execution-identity/internal';
import { THIS_COPY } from './copies.js';

/** What an application runs on. */
export interface Versions {
  readonly 'nestjs-eie': string;
  readonly 'execution-identity': string;
  readonly nest: string;
  /** Its major version alone. */
  readonly node: string;
}

export const versions = (): Versions => ({
  'nestjs-eie': versionIn(() => readFileSync(join(THIS_COPY, '..', 'package.json'), 'utf8')),
  'execution-identity': thisCopy().version,
  nest: versionIn(() => readFileSync(createRequire(import.meta.url).resolve('@nestjs/core/package.json'), 'utf8')),
  node: process.versions.node.split('.', 1)[0]!,
});

/** The file is missing where a bundler has put everything into one. */
function versionIn(read: () => string): string {
  try {
    return (JSON.parse(read()) as { version: string }).version;
  } catch {
    return 'unknown';
  }
}
