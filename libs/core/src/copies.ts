import { readFileSync } from 'node:fs';

/** One copy of this package that is loaded in the process. */
export interface Copy {
  readonly version: string;
  /** The folder that it was loaded from. */
  readonly url: string;
}

/** Shared by all copies, of whatever version: keep its form. */
const COPIES = Symbol.for('execution-identity.copies');
const registry = globalThis as { [COPIES]?: Copy[] };

let own: Copy | undefined;

/**
 * This copy. It is registered at the first call, from the module that makes envelopes, so that no bundler removes the registration.
 * A copy that a test runner evaluates again from the same folder is registered once.
 */
export function thisCopy(): Copy {
  if (own) return own;
  own = Object.freeze({ version: packageVersion(), url: new URL('..', import.meta.url).href });
  const copies = (registry[COPIES] ??= []);
  if (!copies.some(copy => copy.url === own?.url)) copies.push(own);
  return own;
}

/**
 * The other copies of this package in the process. Each copy accepts only the envelopes that it made, so two copies in one
 * application refuse each other's identities.
 *
 * @example for (const { version, url } of otherCopies()) console.error(`execution-identity ${version} is loaded from ${url} too`);
 */
export const otherCopies = (): readonly Copy[] => (registry[COPIES] ?? []).filter(copy => copy.url !== thisCopy().url);

/** The file is missing where a bundler has put everything into one. */
function packageVersion(): string {
  try {
    const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
    return (JSON.parse(text) as { version: string }).version;
  } catch {
    return 'unknown';
  }
}
