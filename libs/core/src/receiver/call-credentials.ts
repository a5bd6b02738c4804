import { EieError } from '../errors.js';
import { type EnvelopeCodec } from '../txn/envelope-codec.js';
import { transactionToken } from '../txn/txn-claims.js';

/**
 * The headers of a request, as Node's `rawHeaders`, as Node's `headersDistinct` or `headers`, or as a WHATWG `Headers`.
 * Names are compared without regard to case. What each form shows of a header that came twice:
 *
 * | form | two `Authorization` | two `Txn-Token` |
 * |---|---|---|
 * | `rawHeaders`, `headersDistinct` | both: refused | both: refused |
 * | WHATWG `Headers` | joined by a comma: refused | joined by a comma: refused |
 * | `headers` of Node, Express and Fastify | **the first alone: the second goes unseen** | joined by a comma: refused |
 *
 * Give `request.rawHeaders` where there is one: nothing that stands before the service may then read another credential
 * of the same request than the service does.
 */
export type CallHeaders =
  readonly string[] | Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/** The two credentials of a delegated call. Neither is enough alone. */
export interface CallCredentials {
  readonly accessToken: string;
  /** The sealed envelope. */
  readonly sealed: string;
}

/**
 * Exactly one `Authorization: Bearer` (RFC 6750 §2.1) and exactly one sealed envelope, in the header of the codec. Verifies
 * neither, and does NOT see a token in the query or in a form: `verifyDelegatedCall` never reads one there.
 *
 * @throws EieError `credentials_missing`, `txn_token_missing`; `request_malformed` for two of a kind, and for white space
 * or a comma in one
 */
export function callCredentials(headers: CallHeaders, codec: EnvelopeCodec = transactionToken): CallCredentials {
  const [authorization, sealed] = [one(headers, 'authorization'), one(headers, codec.header)];
  const end = authorization.indexOf(' ');
  if (end < 0 || authorization.slice(0, end).toLowerCase() !== 'bearer') throw new EieError('credentials_missing');
  const accessToken = whole(authorization.slice(end + 1));
  if (!sealed) throw new EieError('txn_token_missing');
  return { accessToken, sealed: whole(sealed) };
}

/** The value of a header that may come once; empty when it does not come. */
function one(headers: CallHeaders, name: string): string {
  const [value = '', second] = valuesOf(headers, name);
  if (second !== undefined) throw new EieError('request_malformed');
  return value;
}

function valuesOf(headers: CallHeaders, name: string): readonly string[] {
  if (isRaw(headers)) return headers.filter((_value, i) => i % 2 === 1 && headers[i - 1]!.toLowerCase() === name);
  // By its iterator and not by its class: undici has a `Headers` of its own.
  const pairs = Symbol.iterator in headers ? [...headers] : Object.entries(headers);
  return pairs.flatMap(([key, value]) => (key.toLowerCase() === name ? (value ?? []) : []));
}

function whole(token: string): string {
  if (!token || /[ \t,]/.test(token)) throw new EieError('request_malformed');
  return token;
}

const isRaw = (headers: CallHeaders): headers is readonly string[] => Array.isArray(headers);
