import { calculateJwkThumbprint, compactVerify, type JWK } from 'jose';
import { compositeKey } from '../composite-key.js';
import { digest } from '../digest.js';
import { EieError } from '../errors.js';
import { type Finding } from '../finding.js';
import { apart, CLOCK_SKEW } from './clock-skew.js';
import { openCompactJws } from './compact-jws.js';
import { type DpopNonces } from './dpop-nonces.js';
import { proofKey } from './proof-key.js';
import { assertFirstUse, type ReplayCheck } from '../ports/replay-store.js';
import { type ShareHolder } from '../ports/shares.js';

/** The request that a proof must be made for. */
export interface ProvenRequest {
  readonly method: string;
  /** The public URL: its origin comes from the configuration and not from a header of the request. */
  readonly url: string;
  readonly accessToken: string;
  /** `cnf.jkt` of the verified access token (RFC 9449 §6.1). */
  readonly jkt: string;
  /** Whose proof it is: used proofs are remembered in shares. */
  readonly holder: ShareHolder;
  /** Present where a proof must have a nonce of this server (§9). */
  readonly nonces?: DpopNonces | undefined;
}

/** Characters. A proof with a 4096-bit RSA key has about 2000. */
export const MAX_PROOF_LENGTH = 4 * 1024;

/** Seconds after its `iat` for which a proof may be used (§11.1). */
const LIFETIME = 60;

export const DPOP_ALGORITHMS = [
  'ES256',
  'ES384',
  'ES512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'EdDSA',
  'Ed25519',
];

/** An absolute http or https URI in the characters of RFC 3986. The WHATWG parser alone would repair much else. */
const HTTP_URI = /^https?:\/\/(?!\/)[!-[\]-~]+$/i;

/**
 * Checks that the sender of a request holds the key that its access token is bound to: RFC 9449 §4.3, 7.1. Checks without
 * cryptography come first, and only a proof that passes all of them is marked as used. Comparisons are not in constant time: the
 * sender knows every expected value.
 *
 * It does NOT verify the access token and does NOT count the `DPoP` headers (give it the only one). Without `nonces`, somebody who could use
 * the key once may have made proofs for later (§11.2).
 *
 * @param now seconds since the epoch
 * @throws EieError `proof_of_possession_invalid`; `key_binding_refused` for a right proof by another key; `proof_nonce_required`;
 * `proof_replayed` when it was used, or may have been; `proof_unavailable` when the store does not answer; `limit_reached`
 */
export async function verifyDpopProof(
  proof: string,
  expected: ProvenRequest,
  check: ReplayCheck,
  now: number,
): Promise<void> {
  const { header, claims } = parse(proof);
  const { htm, htu, ath, jti, nonce, iat, nbf = 0, exp = Infinity } = claims;
  const target = normalize(expected.url);
  if (header.typ !== 'dpop+jwt') refuse({ claim: 'typ', expected: 'dpop+jwt', received: header.typ });
  if (htm !== expected.method) refuse({ claim: 'htm', expected: expected.method, received: htm });
  if (normalize(htu) !== target) refuse({ claim: 'htu', expected: target, received: htu, fix: BEHIND_A_PROXY });
  if (ath !== digest(expected.accessToken)) refuse({ claim: 'ath', fix: 'The proof is of another access token.' });
  if (typeof jti !== 'string' || !jti || jti.length > 256) refuse({ claim: 'jti' });
  if (typeof iat !== 'number' || typeof nbf !== 'number' || typeof exp !== 'number')
    refuse({ claim: 'iat, nbf or exp' });
  const expiresAt = Math.min(iat + LIFETIME, exp);
  if (expiresAt <= now || Math.max(iat, nbf) > now + CLOCK_SKEW.dpopProof)
    refuse({ claim: 'iat', fix: apart(iat, now) });
  await verifySignature(proof, header).catch(() => refuse({ claim: 'jwk', fix: UNUSABLE_KEY }));
  // After the signature: a client whose token is bound to another key needs another token, and not another proof (§7.1).
  if ((await calculateJwkThumbprint(header.jwk as JWK)) !== expected.jkt)
    throw new EieError('key_binding_refused', { finding: { claim: 'cnf.jkt', fix: OTHER_KEY } });
  if (expected.nonces && !expected.nonces.accepts(nonce, now)) throw new EieError('proof_nonce_required');
  const id = digest(compositeKey('dpop', expected.jkt, target, jti));
  await assertFirstUse(check, { id, expiresAt, holder: expected.holder }, now, 'proof_replayed', 'proof_unavailable');
}

async function verifySignature(proof: string, { jwk, alg }: Readonly<Record<string, unknown>>): Promise<void> {
  const key = proofKey(jwk, alg) ?? refuse();
  await compactVerify(proof, key, { algorithms: DPOP_ALGORITHMS });
}

/** A URI without query and fragment (§4.3 no. 9), after the normalization of RFC 3986 §6.2.2 and §6.2.3. */
function normalize(uri: unknown): string {
  if (typeof uri !== 'string' || !HTTP_URI.test(uri) || !URL.canParse(uri)) refuse({ claim: 'htu' });
  const url = new URL(uri);
  url.search = '';
  url.hash = '';
  return url.href.replace(/%[\da-f]{2}/gi, triplet => {
    const character = String.fromCharCode(parseInt(triplet.slice(1), 16));
    return /[\w.~-]/.test(character) ? character : triplet.toUpperCase();
  });
}

function parse(proof: string): ReturnType<typeof openCompactJws> {
  try {
    if (proof.length <= MAX_PROOF_LENGTH) return openCompactJws(proof);
  } catch {
    // Refused below, with the reason of a proof and not of a token.
  }
  return refuse();
}

function refuse(finding: Finding = {}): never {
  throw new EieError('proof_of_possession_invalid', { finding });
}

const BEHIND_A_PROXY =
  'Make the proof for the URL that is called. If it is, and a proxy changes the path or the host, set authorization.proofOfPossession.publicUrl.';
const UNUSABLE_KEY =
  'Sign the proof with the key in its "jwk": a public, strong key that is for signatures with its "alg".';
const OTHER_KEY = 'The proof is made with another key than the token is bound to: use that key, or get another token.';
