import { type PromiseNumber } from '../application.js';

/** A change to one file of the library, after the compiler. */
export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** A fault of the library that the applications must find: without it nobody knows whether they can. */
export interface Fault {
  readonly promise: PromiseNumber;
  readonly cause: string;
  /** The application that must find it. */
  readonly application: string;
  readonly edits: readonly Edit[];
}

export const edit = (file: string, from: string, to: string): Edit => ({ file, from, to });

/** The options, with their keys and client secrets, are shown to whoever injects them. */
export const configurationShown = edit(
  'configuration/eie-configuration.ts',
  'this.#options = options;',
  'this.#options = options; this.options = options;',
);
