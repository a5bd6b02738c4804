import { type IncomingMessage } from 'node:http';
import { type EieError } from 'execution-identity';
import { type OwnAudiences } from '../http/resources.js';
import {
  CredentialNames,
  CredentialSearch,
  type FoundTokens,
  isChecked,
  misnamed,
  misplaced,
} from './credential-search.js';
import { NO_TOKENS, requests } from './credential-slot.js';
import { containOwnToken } from './own-tokens.js';
import { takeFromQuery } from './query-token.js';
import { headerLines, type IsTaken, nameOfLine, removeLines } from './header-views.js';

/** Where the options name no header. */
const COMMON = new CredentialNames({ tokenHeaders: [] });

/**
 * Takes the access credentials off a request, once: `Authorization` of the schemes Bearer and DPoP, and of any scheme with a JWS beside
 * one of `tokenHeaders`; `DPoP`, the header of a sealed envelope, `tokenHeaders`, and every other header that contains the same access token,
 * or the same JWS. All views of the request are without them afterwards, which is checked. Only `takenFrom()` returns them.
 *
 * Nothing is verified yet, so a caller may send any text for a token. Headers of {@link isKept} are never removed: a request that has the token
 * in one of them is refused. Emptying it would do as its caller wants: the line that a proxy has added would be gone.
 *
 * A token of this server is taken out of the query, too: see {@link takeFromQuery}. It does NOT look into the rest of the URL, or the body: a token
 * there is refused by the boundary.
 *
 * @param audiences by which tokens are for this server: what is lent to a guard has none of them
 * @returns the tokens of this request
 * @throws Error for a request that is refused, or cannot be read or changed: see {@link refuseRequest}
 */
export function takeCredentials(request: IncomingMessage, names = COMMON, audiences?: () => OwnAudiences): FoundTokens {
  const known = requests.of(request);
  if (known?.kind === 'refused') throw known.error;
  if (known) return known.kind === 'taken' ? known.found : NO_TOKENS;
  const lines = headerLines(request);
  const inQuery = takeFromQuery(request, value => containOwnToken([value], audiences?.() ?? []));
  const search = new CredentialSearch(lines, names, inQuery);
  const isTaken: IsTaken = (name, value) => search.takes(name, value);
  const taken = linesOf(lines, isTaken);
  if (taken.length) removeLines(request, isTaken);
  requests.fill(request, { kind: 'taken', lines: taken, found: search, ...(audiences && { audiences }) });
  return search;
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
  { certificateHeader } = COMMON,
): void {
  const known = requests.of(request);
  if (known?.kind === 'refused') throw known.error;
  if (known) return;
  const isOwn: IsTaken = (_name, value) => containOwnToken([value], audiences);
  // Names as they were sent: Node's other views have them in lower case, and a JWT is none then.
  const isNamed = headerLines(request).some(
    (text, i) => i % 2 === 0 && text.length > 64 && containOwnToken([text], audiences),
  );
  if (isNamed) throw misnamed();
  assertNone(request, (name, value) => isChecked(name, certificateHeader) && isOwn(name, value));
  removeLines(request, isOwn);
  takeFromQuery(request, value => containOwnToken([value], audiences));
  requests.fill(request, { kind: 'left' });
}

function assertNone(request: IncomingMessage, isMisplaced: IsTaken): void {
  const name = nameOfLine(request, isMisplaced);
  if (name !== undefined) throw misplaced(name);
}

function linesOf(lines: readonly string[], isTaken: IsTaken): string[] {
  const taken: string[] = [];
  for (let i = 0; i + 1 < lines.length; i += 2)
    if (isTaken(lines[i]!, lines[i + 1]!)) taken.push(lines[i]!, lines[i + 1]!);
  return taken;
}

/**
 * A request that is refused, or cannot be read, loses every header. Where that is impossible, its connection is closed. An empty `host` stays in one
 * view: without any, Node would answer by itself, and nobody would record it.
 */
export function refuseRequest(request: IncomingMessage, error: EieError): void {
  const empty = { headers: { host: '' }, headersDistinct: {}, rawHeaders: [] };
  for (const [name, value] of Object.entries(empty)) {
    const isWiped =
      Reflect.set(request, name, value) || Reflect.defineProperty(request, name, { value, configurable: true });
    if (!isWiped) request.socket.destroy();
  }
  if (Object.isExtensible(request)) requests.fill(request, { kind: 'refused', error });
}
