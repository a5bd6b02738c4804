import { EieError } from 'execution-identity';
import { isOpaque } from 'execution-identity/internal';
import { knownSignature } from '../../vault/known-signature.js';
import { formsOf } from './secret-forms.js';
import { searchSignature } from './signature-search.js';

/** Bytes. Shorter than any credential, and long enough that no answer holds one by chance. */
const MIN_SECRET = 16;

/** How the strings in the parsed body of a response are searched. */
const searches = new WeakMap<Response, (text: string) => void>();

/**
 * Refuses a response that contains a credential: one of its own request, or any JWS that this process has admitted, obtained, sealed or
 * received, whoever's it is. Some services echo what they receive, this time or the last, and the caller must not learn a token in this
 * way. Headers are searched at once, the body while it is read. The body is not stored: only bytes that could begin the signature of a
 * credential wait for the next ones, so what stands before the signature may be handed on.
 *
 * It does NOT find a credential that the service has encoded otherwise than JSON and URLs do, an opaque token of another call, a credential of another process, or one
 * that a full memory of credentials has forgotten.
 *
 * @param credentials as they were sent; for a JWS, its signature is searched for, because the rest is useless without it
 * @param onEcho called when the body contains one; reading the body then fails with `target_response_refused`
 * @param own the secrets of a credential of the target's own, searched for too
 * @throws EieError `target_response_refused` when a header holds one
 */
export function withoutEcho(
  response: Response,
  credentials: readonly string[],
  onEcho: () => void,
  own: readonly string[] = [],
): Response {
  const signatures = credentials
    .map(one => (isOpaque(one) ? one : one.slice(one.lastIndexOf('.') + 1)))
    .filter(secret => secret.length >= MIN_SECRET);
  const secrets = [...new Set([...signatures, ...own].flatMap(formsOf))];
  const lines = [response.url, response.statusText, ...[...response.headers].flat()];
  const isEcho = (line: string): boolean =>
    secrets.some(secret => line.includes(secret)) || searchSignature(Buffer.from(line), knownSignature).isFound;
  if (lines.some(isEcho)) {
    response.body?.cancel().catch(() => undefined);
    throw new EieError('target_response_refused');
  }
  if (!response.body) return response;
  const guarded = new Response(searched(response.body, secrets, onEcho), response);
  for (const property of ['url', 'redirected', 'type'] as const)
    Object.defineProperty(guarded, property, { value: response[property] });
  searches.set(guarded, text => {
    if (!isEcho(text)) return;
    onEcho();
    throw new EieError('target_response_refused');
  });
  return guarded;
}

/**
 * Searches a string of the parsed body of a response: an encoder may have escaped any letter of it.
 *
 * @throws EieError `target_response_refused`
 */
export const assertNoEcho = (response: Response, text: string): void => searches.get(response)?.(text);

function searched(
  body: ReadableStream<Uint8Array>,
  secrets: readonly string[],
  onEcho: () => void,
): ReadableStream<Uint8Array> {
  const needles = secrets.map(secret => Buffer.from(secret));
  const reader = body.getReader();
  let held: Buffer = Buffer.alloc(0);
  /** What may be handed on of the next bytes, once they are searched. */
  const free = (chunk: Uint8Array): Uint8Array => {
    const seen = held.length ? Buffer.concat([held, chunk]) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const { isFound, undecided } = searchSignature(seen, knownSignature);
    if (isFound || needles.some(needle => seen.includes(needle))) throw new EieError('target_response_refused');
    const keep = Math.max(undecided, ...needles.map(needle => overlap(seen, needle)));
    held = Buffer.from(seen.subarray(seen.length - keep));
    return new Uint8Array(seen.subarray(0, seen.length - keep));
  };
  const source: UnderlyingDefaultSource<Uint8Array> = {
    async pull(controller) {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) {
          if (held.length) controller.enqueue(new Uint8Array(held));
          return controller.close();
        }
        try {
          const next = free(value);
          if (next.length) return controller.enqueue(next);
        } catch (error) {
          onEcho();
          await reader.cancel().catch(() => undefined);
          throw error;
        }
      }
    },
    cancel: reason => reader.cancel(reason),
  };
  return new ReadableStream(source, { highWaterMark: 0 });
}

/** How many bytes at the end of `seen` could be the beginning of `needle`. */
function overlap(seen: Buffer, needle: Buffer): number {
  for (let length = Math.min(seen.length, needle.length - 1); length > 0; length--) {
    if (seen.subarray(seen.length - length).equals(needle.subarray(0, length))) return length;
  }
  return 0;
}
