import { EieError } from 'execution-identity';

/** Bytes that are read into memory for a signature. */
const MAX_BODY = 8 * 1024 * 1024;

/**
 * The bytes of the body, which is sent all the same. `undefined` without a body.
 *
 * @throws EieError `target_request_refused` for more than 8 MB; what the signal of the request says when that aborts
 */
export async function bytesOf(request: Request): Promise<Uint8Array | undefined> {
  const reader = request.clone().body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined;
  if (!reader) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    request.signal.throwIfAborted();
    size += next.value.length;
    if (size > MAX_BODY) {
      // Nobody waits for it: it ends when the body of the request is cancelled as well.
      for (const body of [reader, request.body!]) body.cancel().catch(() => undefined);
      throw new EieError('target_request_refused');
    }
    chunks.push(next.value);
  }
  return Buffer.concat(chunks);
}
