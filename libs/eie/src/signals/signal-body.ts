import { type IncomingMessage } from 'node:http';
import { EieError } from 'execution-identity';
import { type HttpRequest, nodeRequest } from '../http/http-request.js';

/** Bytes: twice the longest token, since a form may escape characters. */
const MAX_BODY = 32 * 1024;
/** Milliseconds in which a body must have come. */
const DEADLINE = 10_000;
const FORM = 'application/x-www-form-urlencoded';
const SET = 'application/secevent+jwt';

/**
 * The one `logout_token` of a form. What else is in it is ignored: OpenID Connect Back-Channel Logout 1.0 §2.5.
 *
 * @throws EieError `signal_malformed`, `token_too_large`
 */
export async function logoutTokenIn(request: HttpRequest): Promise<string> {
  assertType(request, FORM);
  const body = await bodyOf(request);
  const tokens =
    typeof body === 'string'
      ? new URLSearchParams(body).getAll('logout_token')
      : [(body as { logout_token?: unknown }).logout_token].flat();
  const [token, another] = tokens;
  if (typeof token !== 'string' || !token || another !== undefined) throw malformed('logout_token');
  return token;
}

/**
 * The security event token that is pushed: RFC 8935 §2. Its line may end.
 *
 * @throws EieError `signal_malformed`, `token_too_large`
 */
export async function securityEventTokenIn(request: HttpRequest): Promise<string> {
  assertType(request, SET);
  const body = await bodyOf(request);
  const token = typeof body === 'string' && body.replace(/\r?\n$/, '');
  if (!token) throw malformed('body');
  return token;
}

function assertType(request: HttpRequest, expected: string): void {
  const [type = ''] = (nodeRequest(request).headers['content-type'] ?? '').split(';', 1);
  if (type.trim().toLowerCase() !== expected) throw malformed('Content-Type');
}

/** Text, or what a body parser of the application has made of it already. */
async function bodyOf(request: HttpRequest): Promise<unknown> {
  const node = nodeRequest(request);
  if (!node.readableDidRead) return textOf(node);
  const { body } = request;
  if (Buffer.isBuffer(body)) return body.toString('utf8');
  if (typeof body === 'string' || (typeof body === 'object' && body !== null)) return body;
  throw malformed('body');
}

/** The connection of one that is too long or too slow is closed with the answer. */
function textOf(node: IncomingMessage): Promise<string> {
  if (Number(node.headers['content-length'] ?? 0) > MAX_BODY) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > MAX_BODY) end(() => reject(tooLarge()));
      else chunks.push(chunk);
    };
    const finish = (): void => end(() => resolve(Buffer.concat(chunks).toString('utf8')));
    const fail = (): void => end(() => reject(malformed('body')));
    const timer = setTimeout(fail, DEADLINE);
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      node.off('data', take).off('end', finish).off('error', fail).off('close', fail).pause();
      settle();
    };
    node.on('data', take).on('end', finish).on('error', fail).on('close', fail);
  });
}

const malformed = (claim: string): EieError => new EieError('signal_malformed', { finding: { claim } });
const tooLarge = (): EieError =>
  new EieError('token_too_large', { finding: { claim: 'body', expected: `at most ${MAX_BODY} bytes` } });
