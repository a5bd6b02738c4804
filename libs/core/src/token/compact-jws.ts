import { EieError } from '../errors.js';
import { parseStrictJson } from './strict-json.js';

/** A compact JWS that is parsed and not yet verified: nothing in it may be trusted. */
export interface ParsedJws {
  readonly compact: string;
  readonly header: { readonly alg: string; readonly typ?: string | undefined; readonly kid?: string | undefined };
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Characters, whatever an operator allows: small enough that parsing costs little. A token with 200 groups has about 11,000. */
export const MAX_TOKEN_LENGTH = 16 * 1024;

/**
 * Members that change how a token is read (RFC 7515 §4.1.11, RFC 7797 §3). Those that would lead to a key (`jku`, `x5u`, `x5c`, `jwk`) are
 * not among them: nothing here reads them, and some issuers send them in every token.
 */
const REFUSED_HEADER_MEMBERS = ['crit', 'b64', 'zip'];
/** How PingAM, which writes `zip` into the header of each token, says that nothing is compressed. */
const UNCOMPRESSED = 'NONE';

interface OpenedJws {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly isSigned: boolean;
}

/**
 * Parses a compact JWS (RFC 7515 §7.1), in its canonical form only: three base64url parts without padding, white
 * space or spare bits, so that one token has one spelling. Does NOT verify the signature or look at any member.
 *
 * @throws EieError `token_malformed`
 */
export function openCompactJws(compact: string): OpenedJws {
  const [header, claims, signature, more] = compact.split('.', 4);
  if (!header || !claims || signature === undefined || more !== undefined) throw new EieError('token_malformed');
  const opened = { header: object(header), claims: object(claims), isSigned: decode(signature).length > 0 };
  const refused = REFUSED_HEADER_MEMBERS.find(name => changesReading(opened.header, name));
  if (refused !== undefined)
    throw new EieError('token_malformed', { finding: { claim: refused, fix: READ_OTHERWISE } });
  return opened;
}

const changesReading = (header: Readonly<Record<string, unknown>>, name: string): boolean =>
  Object.hasOwn(header, name) && !(name === 'zip' && header.zip === UNCOMPRESSED);

const READ_OTHERWISE =
  'The header of the token has this member, which changes how the token is read: have the issuer leave it out.';

/**
 * An access token or a Txn-Token, opened. Of its header only `alg`, `typ` and `kid` are used.
 *
 * @param max characters
 * @throws EieError `token_too_large`, `token_malformed`, `algorithm_refused` for `alg: none`
 */
export function parseCompactJws(compact: string, max = MAX_TOKEN_LENGTH): ParsedJws {
  if (compact.length > max) throw new EieError('token_too_large');
  const {
    header: { alg, typ, kid },
    claims,
    isSigned,
  } = openCompactJws(compact);
  if (typeof alg !== 'string' || !isOptionalString(typ) || !isOptionalString(kid))
    throw new EieError('token_malformed');
  // Before the check of the signature: the audit log must name an unsecured JWS (RFC 7515 appendix A.5) as what it is.
  if (alg === 'none') throw new EieError('algorithm_refused', { finding: { claim: 'alg', received: alg } });
  if (!isSigned) throw new EieError('token_malformed');
  return { compact, header: { alg, typ, kid }, claims };
}

/** The media type of a token without its optional `application/` prefix, in lower case (RFC 7515 §4.1.9). */
export function mediaType(typ: string | undefined): string | undefined {
  return typ?.toLowerCase().replace(/^application\//, '');
}

function decode(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) throw new EieError('token_malformed');
  return bytes;
}

function object(part: string): Record<string, unknown> {
  const bytes = decode(part);
  let value: unknown;
  try {
    value = parseStrictJson(bytes);
  } catch {
    throw new EieError('token_malformed');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new EieError('token_malformed');
  return value as Record<string, unknown>;
}

const isOptionalString = (value: unknown): value is string | undefined =>
  value === undefined || typeof value === 'string';
