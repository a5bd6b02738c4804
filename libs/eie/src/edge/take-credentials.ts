import { type IncomingMessage } from 'node:http';
import { EieError, ENVELOPE_HEADERS } from 'execution-identity';
import { type OwnAudiences } from '../http/resources.js';
import { requests } from './credential-slot.js';
import { containOwnToken } from './own-tokens.js';
import { headerLines, type IsTaken, nameOfLine, removeLines, valuesOf } from './header-views.js';
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
 * Takes the access credentials off a request, once: `Authorization` of the schemes Bearer and DPoP, and of any scheme with a JWS beside
 * one of `tokenHeaders`; `DPoP`, the header of a sealed envelope, `tokenHeaders`, and every other header that contains the same access token,
 * or the same JWS. All views of the request are without them afterwards, which is checked. Only `takenFrom()` returns them.
 *
 * Nothing is verified yet, so a caller may send any text for a token. Headers of {@link isKept} are never removed: a request that has the token
 * in one of them is refused. Emptying it would do as its caller wants: the line that a proxy has added would be gone.
 *
 * It does NOT look into the URL, which HTTP/2 has as `:path`, or the body: a token there is refused by the boundary.
 *
 * @returns the tokens of this request
 * @throws Error for a request that is refused, or cannot be read or changed: see {@link refuseRequest}
 */
export function takeCredentials(
  request: IncomingMessage,
  headers: CredentialHeaders = { tokenHeaders: [] },
): readonly string[] {
  const known = requests.of(request);
  if (known?.kind === 'refused') throw known.error;
  if (known) return known.kind === 'taken' ? known.tokens : [];
  const lines = headerLines(request);
  const { tokens, isTaken, isMisplaced } = sorted(lines, headers);
  const taken = linesOf(lines, isTaken);
  if (taken.length)
    removeLines(request, (name, value) => {
      if (isMisplaced(name, value)) throw misplaced(name);
      return isTaken(name, value);
    });
  requests.fill(request, { kind: 'taken', lines: taken, tokens });
  return tokens;
}

/**
 * Leaves a request as it is: an application that Nest does not know authenticates its caller. No handler of Nest serves it then. A token
 * that was issued for this server is taken off all the same: that application could only use it in place of the user.
 *
 * @param audiences by which tokens are for this server
 * @throws EieError `request_malformed` where such a token is in a header that is never removed
 */
export function leaveCredentials(
  request: IncomingMessage,
  audiences: OwnAudiences,
  { certificateHeader }: Partial<CredentialHeaders> = {},
): void {
  const known = requests.of(request);
  if (known?.kind === 'refused') throw known.error;
  if (known) return;
  const isOwn: IsTaken = (_name, value) => containOwnToken([value], audiences);
  assertNone(request, (name, value) => isChecked(name, certificateHeader) && isOwn(name, value));
  removeLines(request, isOwn);
  requests.fill(request, { kind: 'left' });
}

/** What is taken, and what makes the request a malformed one. */
function sorted(
  lines: readonly string[],
  { tokenHeaders, certificateHeader }: CredentialHeaders,
): { tokens: readonly string[]; isTaken: IsTaken; isMisplaced: IsTaken } {
  // One of them is taken, so all of them are: the boundary refuses two credentials.
  const hasOther = tokenHeaders.some(name => valuesOf(lines, name).length);
  const isAuthorizationTaken = valuesOf(lines, AUTHORIZATION).some(
    value => TAKEN_SCHEME.test(value.trimStart()) || (hasOther && jwsIn(value).length),
  );
  const isAccess = (name: string): boolean =>
    tokenHeaders.includes(name) || (isAuthorizationTaken && name === AUTHORIZATION);
  const isCredential = (name: string): boolean => isAccess(name) || CREDENTIAL_HEADERS.has(name);
  const tokens: string[] = [];
  let shortest = Infinity;
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const name = lines[i]!.toLowerCase();
    if (!isCredential(name)) continue;
    for (const token of isAccess(name) ? tokensIn(lines[i + 1]!) : jwsIn(lines[i + 1]!)) {
      tokens.push(token);
      shortest = Math.min(shortest, token.length);
    }
  }
  const hasToken = (value: string): boolean => value.length >= shortest && tokens.some(token => value.includes(token));
  return {
    tokens,
    isTaken: (name, value) => isCredential(name) || (hasToken(value) && !isKept(name, certificateHeader)),
    isMisplaced: (name, value) => hasToken(value) && !isCredential(name) && isChecked(name, certificateHeader),
  };
}

/** Of what is kept, all but the URL. */
const isChecked = (name: string, certificateHeader: string | undefined): boolean =>
  name !== ':path' && isKept(name, certificateHeader);

function assertNone(request: IncomingMessage, isMisplaced: IsTaken): void {
  const name = nameOfLine(request, isMisplaced);
  if (name !== undefined) throw misplaced(name);
}

function misplaced(header: string): EieError {
  const fix =
    'The access token stands in this header too, which is never removed: let the client or the proxy send it in Authorization alone.';
  return new EieError('request_malformed', { finding: { claim: header, fix } });
}

function linesOf(lines: readonly string[], isTaken: IsTaken): string[] {
  const taken: string[] = [];
  for (let i = 0; i + 1 < lines.length; i += 2)
    if (isTaken(lines[i]!.toLowerCase(), lines[i + 1]!)) taken.push(lines[i]!, lines[i + 1]!);
  return taken;
}

/** A request that is refused, or cannot be read, loses every header. Where that is impossible, its connection is closed. */
export function refuseRequest(request: IncomingMessage, error: EieError): void {
  const empty = { headers: {}, headersDistinct: {}, rawHeaders: [] };
  for (const [name, value] of Object.entries(empty)) {
    const isWiped =
      Reflect.set(request, name, value) || Reflect.defineProperty(request, name, { value, configurable: true });
    if (!isWiped) request.socket.destroy();
  }
  if (Object.isExtensible(request)) requests.fill(request, { kind: 'refused', error });
}
