import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type ExecutionContext } from '@nestjs/common';
import { EieError } from '../eie.error.js';
import { TXN_TOKEN_HEADER } from '../envelope/txn-claims.js';

/** What the boundary needs of a request, on either adapter: a Node request, or Fastify's wrapper with the Node one in `raw`. */
export type HttpRequest = IncomingMessage & { raw?: IncomingMessage; originalUrl?: string; query?: unknown; body?: unknown; user?: unknown; authInfo?: unknown };

export type HttpResponse = ServerResponse & { raw?: ServerResponse };

/** The Node request, where every copy of a header is. */
export const nodeRequest = (request: HttpRequest): IncomingMessage => request.raw ?? request;

export const nodeResponse = (response: HttpResponse): ServerResponse => response.raw ?? response;

const CREDENTIAL_HEADERS = ['authorization', 'proxy-authorization', 'dpop', TXN_TOKEN_HEADER];

/** The one credential of a request. */
export interface Credential {
  readonly scheme: 'bearer' | 'dpop';
  readonly token: string;
  /** Every `DPoP` header (RFC 9449 §4.1). */
  readonly proofs: readonly string[];
}

/**
 * The one access token of a request (RFC 6750 §2.1, RFC 9449 §7.1), read in a single pass.
 *
 * @throws EieError `credentials_missing`; `request_malformed` for two credentials, for one in the query or in a form
 * body (RFC 6750 §2.2 and §2.3 are not supported, RFC 9700 §2.3), and for spaces in the token
 */
export function credentialOf(request: HttpRequest): Credential {
  const node = nodeRequest(request);
  const values = headerValues(node, 'authorization');
  if (values.length > 1 || hasToken(request.query) || (isForm(request) && hasToken(request.body))) throw new EieError('request_malformed');
  const value = values[0] ?? '';
  const end = value.indexOf(' ');
  const scheme = value.slice(0, end).toLowerCase();
  if (end < 0 || (scheme !== 'bearer' && scheme !== 'dpop')) throw new EieError('credentials_missing');
  const token = value.slice(end + 1);
  if (!token || token.includes(' ') || token.includes('\t') || token.includes(',')) throw new EieError('request_malformed');
  return { scheme, token, proofs: headerValues(node, 'dpop') };
}

/** The one bearer token of a request, where no other scheme is taken. @throws EieError as {@link credentialOf} */
export function bearerToken(request: HttpRequest): string {
  const { scheme, token } = credentialOf(request);
  if (scheme !== 'bearer') throw new EieError('credentials_missing');
  return token;
}

/** Every value of a header, duplicates included: `headers` keeps only the first Authorization. */
export function headerValues({ rawHeaders }: IncomingMessage, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.toLowerCase() === name) values.push(rawHeaders[i + 1]!);
  }
  return values;
}

/**
 * Removes every credential from the request of a context: `headers`, `headersDistinct` and `rawHeaders`. A handler that
 * still reads `headers.authorization` gets an error that names the way to call an API, since silence costs people half a
 * day; a logger that reads it once the answer is out does not.
 */
export function stripCredentials(context: ExecutionContext): void {
  const http = context.switchToHttp();
  const node = nodeRequest(http.getRequest<HttpRequest>());
  const response = nodeResponse(http.getResponse<HttpResponse>());
  const carried = headerValues(node, 'authorization').length > 0;
  // Before rawHeaders: Node builds headersDistinct from it on first use, by its original length.
  const distinct = node.headersDistinct;
  for (const name of CREDENTIAL_HEADERS) {
    delete distinct[name];
    delete node.headers[name];
  }
  const kept: string[] = [];
  for (let i = 0; i + 1 < node.rawHeaders.length; i += 2) {
    if (!CREDENTIAL_HEADERS.includes(node.rawHeaders[i]!.toLowerCase())) kept.push(node.rawHeaders[i]!, node.rawHeaders[i + 1]!);
  }
  // In place: other code may already hold this array.
  node.rawHeaders.splice(0, node.rawHeaders.length, ...kept);
  if (carried) throwOnRead(node.headers, 'authorization', () => response.writableEnded || response.destroyed);
}

/** Not enumerable, so that code which copies headers does not trip over it. */
export function throwOnRead(target: object, property: string, isOver: () => boolean = () => false): void {
  const get = (): undefined => {
    if (!isOver()) throw new Error('The access token stops at the boundary. To call an API as this user, use @Delegated() or DelegationService.');
  };
  Object.defineProperty(target, property, { get, enumerable: false, configurable: true });
}

const hasToken = (fields: unknown): boolean => typeof fields === 'object' && fields !== null && 'access_token' in fields;

const isForm = (request: HttpRequest): boolean => Boolean(nodeRequest(request).headers['content-type']?.toLowerCase().startsWith('application/x-www-form-urlencoded'));
