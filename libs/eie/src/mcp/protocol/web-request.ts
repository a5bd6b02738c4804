import { type IncomingMessage } from 'node:http';
import { requestPath } from '../../http/public-url.js';

export const METHODS = ['GET', 'POST', 'DELETE'];

/**
 * A request as the SDK reads it, without its body, which has been read and parsed. `undefined` for a method that MCP does not have.
 *
 * @param signal aborts when the client goes away
 */
export function webRequest(
  { method = '', url = '/', headers }: IncomingMessage,
  signal: AbortSignal,
): Request | undefined {
  if (!METHODS.includes(method)) return undefined;
  const fields = new Headers();
  for (const name in headers) {
    const value = headers[name];
    if (name.startsWith(':') || value === undefined) continue;
    if (typeof value === 'string') fields.append(name, value);
    else for (const one of value) fields.append(name, one);
  }
  const authority = headers.host ?? headers[':authority'] ?? 'localhost';
  const target = `http://${String(authority)}${requestPath(url) ?? '/'}`;
  return new RequestHead(target, method, fields, signal) as unknown as Request;
}

/**
 * A request of which only the head is asked, as the SDK does for each message. The rest of it is made when somebody asks: making a whole one,
 * which follows the signal, takes longer than deciding a call.
 */
class RequestHead {
  #whole: Request | undefined;

  constructor(
    readonly url: string,
    readonly method: string,
    readonly headers: Headers,
    readonly signal: AbortSignal,
  ) {}

  static {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(Request.prototype))) {
      if (['constructor', 'url', 'method', 'headers', 'signal'].includes(name)) continue;
      Object.defineProperty(RequestHead.prototype, name, {
        configurable: true,
        get(this: RequestHead): unknown {
          const member: unknown = Reflect.get((this.#whole ??= wholeOf(this)), name);
          return typeof value === 'function' ? (member as () => unknown).bind(this.#whole) : member;
        },
      });
    }
    Object.setPrototypeOf(RequestHead.prototype, Request.prototype);
  }
}

const wholeOf = ({ url, method, headers, signal }: RequestHead): Request =>
  new Request(url, { method, headers, signal });
