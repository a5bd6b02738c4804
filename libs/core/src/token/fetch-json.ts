import { type Finding } from '../finding.js';
import { errorName } from '../ports/diagnostics.js';
import { type Fetch } from '../ports/fetch.js';
import { parseStrictJson } from './strict-json.js';

const MAX_BYTES = 256 * 1024;
/** A set of 1,000 RSA keys of 4096 bits has about 800 KB. */
const MAX_DOCUMENT_BYTES = 1024 * 1024;
const TIMEOUT_MS = 3_000;
/** What passes by itself: Request Timeout, Too Many Requests. */
const PASSING = [408, 429];

/** Why a document of an issuer could not be had. Nothing of what was read is in it. */
export class DocumentFailure extends Error {
  override readonly name = 'DocumentFailure';

  /** @param isOutage whether it may be there later: no answer, or one that says that the server has failed */
  constructor(
    readonly finding: Finding,
    readonly isOutage: boolean,
  ) {
    super('A document of the issuer could not be had.');
  }
}

/**
 * Fetches one public document of an issuer: at most 1 MB of strict JSON, within 3 seconds, without following a redirect.
 * The URL is the operator's, or one that the operator's issuer publishes; no part of it ever comes from a token.
 *
 * @throws DocumentFailure
 */
export async function fetchStrictJson(url: string, fetcher: Fetch): Promise<unknown> {
  const { status, body } = await answerOf(url, fetcher);
  try {
    return parseStrictJson(body);
  } catch {
    throw new DocumentFailure({ url, status, fix: 'What is served there must be strict JSON of at most 1 MB.' }, false);
  }
}

async function answerOf(url: string, fetcher: Fetch): Promise<{ status: number; body: Uint8Array }> {
  let status: number | string;
  try {
    const response = await fetcher(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { accept: 'application/json' },
    });
    if (response.ok && response.body) {
      // One that is too large or breaks off is no document.
      const body = await bytesOf(response.body, MAX_DOCUMENT_BYTES).catch(() => new Uint8Array());
      return { status: response.status, body };
    }
    // Nobody waits for it: a copy of the body that is never read would hold it back.
    void response.body?.cancel().catch(() => undefined);
    status = response.status;
  } catch (error) {
    status = errorName(error);
  }
  const isOutage = typeof status === 'string' || status >= 500 || PASSING.includes(status);
  throw new DocumentFailure({ url, status, ...(isOutage && typeof status === 'number' && { fix: LATER }) }, isOutage);
}

const LATER =
  'The issuer has failed, or asks this server to wait. It is asked again. Where the status stays, see the log of the issuer, and of a proxy or firewall before it.';

/**
 * A fetch for clients of other libraries, which parse JSON themselves. A success is at most 256 KB, and its JSON must pass
 * {@link parseStrictJson}, or it throws. It does not follow redirects. Any other answer never throws, since its status says enough: it keeps its
 * body only if that is no longer and, where it is called JSON, such JSON. A server error keeps no other body.
 */
export function strictJsonFetch(fetcher: Fetch): Fetch {
  return async (input, init) => {
    const response = await fetcher(input, { ...init, redirect: 'manual' });
    if (!response.body) return response;
    const isJson = /^application\/(?:[\w.-]+\+)?json\b/i.test(response.headers.get('content-type') ?? '');
    if (!response.ok) return refusal(response, isJson);
    const bytes = await bytesOf(response.body);
    parseStrictJson(bytes);
    return answerWith(bytes, response);
  };
}

/**
 * The JSON of an answer, which may have at most 256 KB.
 *
 * @throws SyntaxError for what is not strict JSON; RangeError for what is larger
 */
export async function readStrictJson({ body }: Response): Promise<unknown> {
  return parseStrictJson(body ? await bytesOf(body) : new Uint8Array());
}

async function refusal(response: Response, isJson: boolean): Promise<Response> {
  const { status, body } = response;
  const isFailure = status >= 500;
  const bytes =
    body && (isJson || !isFailure)
      ? await bytesOf(body)
          .then(isJson ? checked : undefined)
          .catch((error: unknown) => {
            // What is refused and breaks off is no answer.
            if (!isFailure && !(error instanceof SyntaxError || error instanceof RangeError)) throw error;
          })
      : undefined;
  await body?.cancel().catch(() => undefined);
  return answerWith(bytes ?? null, response);
}

/** Without the reason phrase: it may hold what `Response` refuses (RFC 9112 §4), and nobody reads it. */
const answerWith = (body: BodyInit | null, { status, headers }: Response): Response =>
  new Response(body, { status, headers });

function checked(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  parseStrictJson(bytes);
  return bytes;
}

async function bytesOf(body: ReadableStream<Uint8Array>, limit = MAX_BYTES): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > limit) throw new RangeError('The answer is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
