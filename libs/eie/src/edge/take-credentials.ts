import { type IncomingMessage } from 'node:http';
import { EieError, ENVELOPE_HEADERS } from 'execution-identity';
import { type OwnAudiences } from '../http/resources.js';
import { requests } from './credential-slot.js';
import { containOwnToken } from './own-tokens.js';
import { headerLines, isPseudo, removeLines, type RequestViews, valuesOf } from './header-views.js';

/** Headers that are credentials, whatever their value. */
const CREDENTIAL_HEADERS = ['dpop', 'proxy-authorization', ...ENVELOPE_HEADERS];
/** The schemes that the boundary takes. Others, such as Basic, are left to the application. */
const TAKEN_SCHEME = /^(?:bearer|dpop)(?:\s|$)/i;
/** What stands before the token in a credential of any scheme. */
const SCHEME = /^[a-z][a-z0-9-]*\s+/i;
/** Characters. A shorter text may occur in another header by chance. */
const MIN_TOKEN = 16;

/**
 * Takes the access credentials off a request, once: `Authorization` of the schemes Bearer and DPoP, `DPoP`, the header of a sealed
 * envelope, `tokenHeaders`, and every other header that contains the same token. All views of the request are without them afterwards, which is checked.
 * Only `takenFrom()` returns them.
 *
 * It does NOT look into the URL, which HTTP/2 has as `:path`, or the body: a token there is refused by the boundary.
 *
 * @param tokenHeaders in lower case: those in which tokens of some issuer arrive
 * @returns the tokens of this request
 * @throws Error for a request that cannot be read or changed: see {@link makeUnreadable}
 */
export function takeCredentials(request: IncomingMessage, tokenHeaders: readonly string[] = []): string[] {
  const known = requests.of(request);
  if (known?.kind === 'unreadable') throw new EieError('edge_failed');
  if (known) return known.kind === 'taken' ? tokensIn(known.lines) : [];
  const lines = headerLines(request);
  const isTaken = takenBy(lines, tokenHeaders);
  const taken = linesOf(lines, isTaken);
  if (taken.length) {
    removeLines(request, isTaken);
    if (linesOf(allLines(request), isTaken).length)
      throw new TypeError('A view of the request still has a credential.');
  }
  requests.fill(request, { kind: 'taken', lines: taken });
  return tokensIn(taken);
}

/**
 * Leaves a request as it is: an application that Nest does not know authenticates its caller. No handler of Nest serves it then. A token
 * that was issued for this server is taken off all the same: that application could only use it in place of the user.
 *
 * @param audiences by which tokens are for this server
 */
export function leaveCredentials(request: IncomingMessage, audiences: OwnAudiences): void {
  if (requests.of(request)) return;
  removeLines(request, (_name, value) => containOwnToken([value], audiences));
  requests.fill(request, { kind: 'left' });
}

/** The tokens in a list of credential headers: no other place of the request may contain them either. */
export function tokensIn(lines: readonly string[]): string[] {
  return lines
    .filter((_value, i) => i % 2 === 1)
    .map(value => value.trim().replace(SCHEME, '').trim())
    .filter(token => token.length >= MIN_TOKEN);
}

function takenBy(lines: readonly string[], tokenHeaders: readonly string[]): (name: string, value: string) => boolean {
  // One of them is taken, so all of them are: the boundary refuses two credentials.
  const takesAuthorization = valuesOf(lines, 'authorization').some(value => TAKEN_SCHEME.test(value.trim()));
  const isCredential = (name: string): boolean =>
    CREDENTIAL_HEADERS.includes(name) ||
    tokenHeaders.includes(name) ||
    (takesAuthorization && name === 'authorization');
  const tokens = tokensIn(linesOf(lines, isCredential));
  return (name, value) => !isPseudo(name) && (isCredential(name) || tokens.some(token => value.includes(token)));
}

const linesOf = (lines: readonly string[], isTaken: (name: string, value: string) => boolean): string[] =>
  lines.flatMap((value, i) =>
    i % 2 === 1 && isTaken(lines[i - 1]!.toLowerCase(), value) ? [lines[i - 1]!, value] : [],
  );

const allLines = ({ headers, headersDistinct, rawHeaders = [] }: RequestViews): string[] => [
  ...rawHeaders.map(String),
  ...headerLines({ headers }),
  ...headerLines({ headers: headersDistinct ?? {} }),
];

/** A request that cannot be read loses every header, and is refused from then on. Where that is impossible, its connection is closed. */
export function makeUnreadable(request: IncomingMessage): void {
  const empty = { headers: {}, headersDistinct: {}, rawHeaders: [] };
  for (const [name, value] of Object.entries(empty)) {
    const isWiped =
      Reflect.set(request, name, value) || Reflect.defineProperty(request, name, { value, configurable: true });
    if (!isWiped) request.socket.destroy();
  }
  if (Object.isExtensible(request)) requests.fill(request, { kind: 'unreadable' });
}
