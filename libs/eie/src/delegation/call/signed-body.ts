import { EieError } from 'execution-identity';

/** Bytes that are read into memory for a signature. */
const MAX_BODY = 8 * 1024 * 1024;

/**
 * The bytes of the body, which is sent all the same. `undefined` without a body.
 *
 * @param late when it aborts, nobody waits for the body any more
 * @throws EieError `target_request_refused` for more than 8 MB
 */
export async function bytesOf(request: Request, late: AbortSignal): Promise<Uint8Array | undefined> {
  const reader = request.clone().body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined;
  if (!reader) return undefined;
  // What is read here and what is sent are two branches of one stream, which ends when both are cancelled.
  const stop = (): void => {
    for (const body of [reader, request.body!]) body.cancel().catch(() => undefined);
  };
  for (const signal of [late, request.signal]) signal.addEventListener('abort', stop, { once: true });
  try {
    return await read(reader);
  } catch (error) {
    stop();
    throw error;
  } finally {
    for (const signal of [late, request.signal]) signal.removeEventListener('abort', stop);
  }
}

async function read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    size += next.value.length;
    if (size > MAX_BODY) throw new EieError('target_request_refused');
    chunks.push(next.value);
  }
  return Buffer.concat(chunks);
}
