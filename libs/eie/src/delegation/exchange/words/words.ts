import { type EieErrorCode } from 'execution-identity';

/** An error answer of a token endpoint (RFC 6749 §5.2). All of it is from outside: it is compared with what is known, and never passed on. */
export interface ErrorAnswer {
  readonly error: string;
  /** For comparison with the known texts of a provider, where its codes do not tell causes apart. */
  readonly description: string;
  /** Entra ID: `error_codes`. */
  readonly codes: readonly number[];
  /** Entra ID: `suberror`. */
  readonly suberror: string;
  /** Whether it says what the next authentication must achieve, as a `claims` request. */
  readonly hasClaims: boolean;
}

/** What an answer means, and the provider's code for it, from the list of those that are known. */
export type Meaning = readonly [code: EieErrorCode, detail: string];

/** What a provider means by an answer; `undefined` where it says no more than the standard does. */
export type Words = (answer: ErrorAnswer) => Meaning | undefined;

/** One answer of a provider whose code is ambiguous: its `error`, its text, what it means, and our name for it. */
export type KnownText = readonly [error: string, text: RegExp, ...meaning: Meaning];

/** The words of a provider that tells causes apart by its texts. */
export const byText =
  (known: readonly KnownText[]): Words =>
  ({ error, description }) => {
    const found = known.find(([one, text]) => one === error && text.test(description));
    return found && [found[2], found[3]];
  };
