import { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { requestPath } from '../../http/public-url.js';

export const METHODS = ['GET', 'POST', 'DELETE'];

/**
 * A request as the SDK reads it, without its body, which has been read and parsed. `undefined` for a method that MCP does not have.
 *
 * @param signal aborts when the client goes away, for whoever asks the request; without one it is told otherwise
 */
export function webRequest(
  { method = '', url = '/', headers }: IncomingMessage,
  signal: AbortSignal | undefined,
): Request | undefined {
  if (!METHODS.includes(method)) return undefined;
  const authority = headers.host ?? headers[':authority'] ?? 'localhost';
  const target = `http://${String(authority)}${requestPath(url) ?? '/'}`;
  const fields = new FieldsAsRead(Object.assign({}, headers)) as unknown as Headers;
  return new RequestHead(target, method, fields, signal) as unknown as Request;
}

/** The header fields of a request, as they came. A whole `Headers` of them is made where more than one field is asked for by its name. */
class FieldsAsRead {
  #whole: Headers | undefined;

  constructor(private readonly fields: IncomingHttpHeaders) {}

  get(name: string): string | null {
    if (this.#whole) return this.#whole.get(name);
    const field = name.toLowerCase();
    const value = isField(field) && Object.hasOwn(this.fields, field) ? this.fields[field] : undefined;
    return Array.isArray(value) ? value.join(', ') : (value ?? null);
  }

  static {
    standIn(this, Headers, one => (one.#whole ??= headersOf(one.fields)));
  }
}

/** HTTP/2 sends parts of the request line as headers, such as `:path` (RFC 9113 §8.3.1). */
const isField = (name: string): boolean => !name.startsWith(':');

function headersOf(fields: IncomingHttpHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(fields))
    if (isField(name)) for (const one of [value ?? []].flat()) headers.append(name, one);
  return headers;
}

/**
 * A request of which only the head is asked, as the SDK does for each message. Making a whole one, which follows the signal, takes longer than deciding a
 * call.
 */
class RequestHead {
  #whole: Request | undefined;

  constructor(
    readonly url: string,
    readonly method: string,
    readonly headers: Headers,
    readonly signal: AbortSignal | undefined,
  ) {}

  static {
    const wholeOf = ({ url, method, headers, signal }: RequestHead): Request =>
      new Request(url, { method, headers: new Headers([...headers]), ...(signal && { signal }) });
    standIn(this, Request, one => (one.#whole ??= wholeOf(one)), ['url', 'method', 'headers', 'signal']);
  }
}

/**
 * Gives a class the members of another one that it has not itself. They are those of a whole object, which is made when the first is asked for.
 *
 * @param fields that each object has itself
 */
function standIn<Light extends object, Whole extends object>(
  light: { readonly prototype: Light },
  whole: { readonly prototype: Whole },
  wholeOf: (one: Light) => Whole,
  fields: readonly string[] = [],
): void {
  for (const name of Reflect.ownKeys(whole.prototype)) {
    if (Object.hasOwn(light.prototype, name) || fields.includes(String(name))) continue;
    Object.defineProperty(light.prototype, name, {
      configurable: true,
      get(this: Light): unknown {
        const one = wholeOf(this);
        const member: unknown = Reflect.get(one, name);
        return typeof member === 'function' ? (member as () => unknown).bind(one) : member;
      },
    });
  }
  Object.setPrototypeOf(light.prototype, whole.prototype);
}
