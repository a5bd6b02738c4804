import { EieError } from '../errors.js';
import { errorName } from '../ports/diagnostics.js';
import { type Fetch } from '../ports/fetch.js';
import { parseStrictJson } from './strict-json.js';

const MAX_BYTES = 256 * 1024;
/** A set of 1,000 RSA keys of 4096 bits has about 800 KB. */
const MAX_DOCUMENT_BYTES = 1024 * 1024;
const TIMEOUT_MS = 3_000;

/**
 * Fetches one public document of an issuer: at most 1 MB of strict JSON, within 3 seconds, without following a redirect.
 * The URL is the operator's, or one that the operator's issuer publishes; no part of it ever comes from a token.
 *
 * @throws EieError `issuer_unavailable`; what was read never enters it
 */
export async function fetchStrictJson(url: string, fetcher: Fetch): Promise<unknown> {
  const failed = (status: number | string): EieError =>
    new EieError('issuer_unavailable', { finding: { url, status } });
  const response = await fetcher(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { accept: 'application/json' },
  }).catch((error: unknown) => {
    throw failed(errorName(error));
  });
  if (!response.ok || !response.body) throw failed(response.status);
  try {
    return parseStrictJson(await bytesOf(response.body, MAX_DOCUMENT_BYTES));
  } catch {
    throw failed('the document is not JSON as RFC 8259 says, or too large');
  }
}

/**
 * A fetch for clients of other libraries, which parse JSON themselves. A response is at most 256 KB, and its JSON must pass
 * {@link parseStrictJson}, or it throws. It does not follow redirects. A server error keeps its body only if that is such JSON.
 */
export function strictJsonFetch(fetcher: Fetch): Fetch {
  return async (input, init) => {
    const response = await fetcher(input, { ...init, redirect: 'manual' });
    if (!response.body) return response;
    const isJson = /^application\/(?:[\w.-]+\+)?json\b/i.test(response.headers.get('content-type') ?? '');
    if (response.status >= 500) return serverError(response, isJson ? response.body : undefined);
    const bytes = await bytesOf(response.body);
    if (response.ok || isJson) parseStrictJson(bytes);
    return new Response(bytes, response);
  };
}

async function serverError(response: Response, json: ReadableStream<Uint8Array> | undefined): Promise<Response> {
  const bytes =
    json &&
    (await bytesOf(json)
      .then(checked)
      .catch(() => undefined));
  await response.body?.cancel().catch(() => undefined);
  return new Response(bytes ?? null, response);
}

function checked(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  parseStrictJson(bytes);
  return bytes;
}

async function bytesOf(body: ReadableStream<Uint8Array>, limit = MAX_BYTES): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > limit) throw new Error('The document of the issuer is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
