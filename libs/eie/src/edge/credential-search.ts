import { EieError, ENVELOPE_HEADERS } from 'execution-identity';
import { valuesOf } from './header-views.js';
import { isKept } from './kept-headers.js';
import { jwsIn, tokensIn } from './token-texts.js';

/** Headers that are credentials, whatever their value. */
const CREDENTIAL_HEADERS: ReadonlySet<string> = new Set(['dpop', 'proxy-authorization', ...ENVELOPE_HEADERS]);
const AUTHORIZATION = 'authorization';
/** The schemes that the boundary takes, also without the space after them. Others, such as Basic, are left to the application. */
const TAKEN_SCHEME = /^(?:bearer|dpop)(?![\w!#$%&'*+.^`|~-])/i;

/** What the options say about headers. All names are in lower case. */
export interface CredentialHeaders {
  /** The headers beside `Authorization` in which tokens of some issuer arrive. */
  readonly tokenHeaders: readonly string[];
  /** In which a proxy says what certificate its client has. */
  readonly certificateHeader?: string | undefined;
}

/**
 * Which header lines of one request are credentials. It is made of all lines of the request, and then asked about each line of each view.
 */
export class CredentialSearch {
  /** The texts that no other place of the request may contain. */
  readonly tokens: readonly string[];
  readonly #headers: CredentialHeaders;
  readonly #isAuthorizationTaken: boolean;
  /** Characters of the shortest token. */
  readonly #shortest: number;

  /** @param lines name, value, name, value */
  constructor(lines: readonly string[], headers: CredentialHeaders) {
    this.#headers = headers;
    // One of them is taken, so all of them are: the boundary refuses two credentials.
    const hasOther = headers.tokenHeaders.some(name => valuesOf(lines, name).length);
    this.#isAuthorizationTaken = valuesOf(lines, AUTHORIZATION).some(
      value => TAKEN_SCHEME.test(value.trimStart()) || (hasOther && jwsIn(value).length),
    );
    this.tokens = this.#tokensIn(lines);
    this.#shortest = Math.min(...this.tokens.map(token => token.length));
  }

  /**
   * @param name in lower case
   * @throws EieError `request_malformed` where the token stands in a header that is never removed, or in the name of one
   */
  takes(name: string, value: string): boolean {
    if (name.length >= this.#shortest && this.tokens.some(token => name.includes(token.toLowerCase())))
      throw misnamed();
    if (this.#isCredential(name)) return true;
    if (value.length < this.#shortest || !this.tokens.some(token => value.includes(token))) return false;
    const { certificateHeader } = this.#headers;
    if (isChecked(name, certificateHeader)) throw misplaced(name);
    return !isKept(name, certificateHeader);
  }

  #tokensIn(lines: readonly string[]): readonly string[] {
    const tokens: string[] = [];
    for (let i = 0; i + 1 < lines.length; i += 2) {
      const name = lines[i]!.toLowerCase();
      if (!this.#isCredential(name)) continue;
      tokens.push(...(this.#isAccess(name) ? tokensIn(lines[i + 1]!) : jwsIn(lines[i + 1]!)));
    }
    return tokens;
  }

  #isCredential(name: string): boolean {
    return this.#isAccess(name) || CREDENTIAL_HEADERS.has(name);
  }

  #isAccess(name: string): boolean {
    return (this.#isAuthorizationTaken && name === AUTHORIZATION) || this.#headers.tokenHeaders.includes(name);
  }
}

/** Of what is kept, all but the URL. */
export const isChecked = (name: string, certificateHeader: string | undefined): boolean =>
  name !== ':path' && isKept(name, certificateHeader);

export function misplaced(header: string): EieError {
  const fix =
    'The access token stands in this header too, which is never removed: let the client or the proxy send it in Authorization alone.';
  return new EieError('request_malformed', { finding: { claim: header, fix } });
}

/** Removing it would let a caller take away any header, by sending its name as a token. */
export function misnamed(): EieError {
  const fix =
    'The access token stands in the name of a header: let the client send it in the value of Authorization alone.';
  return new EieError('request_malformed', { finding: { claim: 'the name of a header', fix } });
}
