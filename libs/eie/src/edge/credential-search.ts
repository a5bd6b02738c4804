import { EieError, ENVELOPE_HEADERS } from 'execution-identity';
import { isKept } from './kept-headers.js';
import { jwsIn, MIN_TOKEN, tokensIn } from './token-texts.js';

/** The schemes that the boundary takes, also without the space after them. Others, such as Basic, are left to the application. */
const TAKEN_SCHEME = /^(?:bearer|dpop)(?![\w!#$%&'*+.^`|~-])/i;

/** What the options say about headers. All names are in lower case. */
export interface CredentialHeaders {
  /** The headers beside `Authorization` in which tokens of some issuer arrive. */
  readonly tokenHeaders: readonly string[];
  /** In which a proxy says what certificate its client has. */
  readonly certificateHeader?: string | undefined;
}

/** `authorization`: of some schemes. `access`: tokens of some issuer arrive in it. `other`: a credential whatever its value. */
type Kind = 'authorization' | 'access' | 'other';

/** Headers that are credentials by their name. Names are compared without regard to case. */
export class CredentialNames {
  readonly certificateHeader: string | undefined;
  readonly #kinds: ReadonlyMap<string, Kind>;
  /** By characters: most other names are told apart by their length alone. */
  readonly #lengths: readonly boolean[];

  constructor({ tokenHeaders, certificateHeader }: CredentialHeaders) {
    this.certificateHeader = certificateHeader;
    this.#kinds = new Map<string, Kind>([
      ...['dpop', 'proxy-authorization', ...ENVELOPE_HEADERS].map(name => [name, 'other'] as const),
      ['authorization', 'authorization'],
      ...tokenHeaders.map(name => [name, 'access'] as const),
    ]);
    const lengths = [...this.#kinds.keys()].map(name => name.length);
    this.#lengths = Array.from({ length: Math.max(...lengths) + 1 }, (_, length) => lengths.includes(length));
  }

  kindOf(name: string): Kind | undefined {
    return this.#lengths[name.length] ? this.#kinds.get(name.toLowerCase()) : undefined;
  }
}

/** The texts that no other place of a request may contain. They are looked for when somebody asks. */
export interface FoundTokens {
  readonly tokens: readonly string[];
  /** Those among them that stood in the query. */
  readonly inQuery?: readonly string[];
}

/**
 * Which header lines of one request are credentials. It is made of all lines of the request, and then asked about each line of each view.
 */
export class CredentialSearch implements FoundTokens {
  readonly #names: CredentialNames;
  readonly #values: Readonly<Record<Kind, string[]>> = { authorization: [], access: [], other: [] };
  readonly #isAuthorizationTaken: boolean;
  #tokens: readonly string[] | undefined;
  /** Characters of the shortest token. */
  #shortest = Infinity;

  /**
   * @param lines name, value, name, value
   * @param inQuery tokens that stood in the query
   */
  constructor(
    lines: readonly string[],
    names: CredentialNames,
    readonly inQuery: readonly string[] = [],
  ) {
    this.#names = names;
    for (let i = 0; i + 1 < lines.length; i += 2) {
      const kind = names.kindOf(lines[i]!);
      if (kind) this.#values[kind].push(lines[i + 1]!);
    }
    const { authorization, access } = this.#values;
    // One of them is taken, so all of them are: the boundary refuses two credentials.
    this.#isAuthorizationTaken = authorization.some(
      value => TAKEN_SCHEME.test(value.trimStart()) || (access.length > 0 && jwsIn(value).length > 0),
    );
  }

  get tokens(): readonly string[] {
    if (this.#tokens) return this.#tokens;
    const { authorization, access, other } = this.#values;
    const tokens = [...this.inQuery];
    if (this.#isAuthorizationTaken) for (const value of authorization) tokens.push(...tokensIn(value));
    for (const value of access) tokens.push(...tokensIn(value));
    for (const value of other) tokens.push(...jwsIn(value));
    for (const { length } of tokens) this.#shortest = Math.min(this.#shortest, length);
    return (this.#tokens = tokens);
  }

  /**
   * @throws EieError `request_malformed` where the token stands in a header that is never removed, or in the name of one
   */
  takes(name: string, value: string): boolean {
    if (this.#mayHold(name) && this.tokens.some(token => name.toLowerCase().includes(token.toLowerCase())))
      throw misnamed();
    if (this.#isCredential(name)) return true;
    if (!this.#mayHold(value) || !this.tokens.some(token => value.includes(token))) return false;
    const { certificateHeader } = this.#names;
    if (isChecked(name, certificateHeader)) throw misplaced(name);
    return !isKept(name, certificateHeader);
  }

  #mayHold({ length }: string): boolean {
    return length >= MIN_TOKEN && this.tokens.length > 0 && length >= this.#shortest;
  }

  #isCredential(name: string): boolean {
    const kind = this.#names.kindOf(name);
    return kind === 'authorization' ? this.#isAuthorizationTaken : kind !== undefined;
  }
}

/** Of what is kept, all but the URL. */
export const isChecked = (name: string, certificateHeader: string | undefined): boolean =>
  name !== ':path' && isKept(name, certificateHeader);

export function misplaced(header: string): EieError {
  const fix =
    'The access token stands in this header too, which is never removed: let the client or the proxy send it in Authorization alone.';
  return new EieError('request_malformed', { finding: { claim: header.toLowerCase(), fix } });
}

/** Removing it would let a caller take away any header, by sending its name as a token. */
export function misnamed(): EieError {
  const fix =
    'The access token stands in the name of a header: let the client send it in the value of Authorization alone.';
  return new EieError('request_malformed', { finding: { claim: 'the name of a header', fix } });
}
