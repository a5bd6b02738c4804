import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { EieError } from '../errors.js';
import { printable } from '../printable.js';
import { type ParsedJws } from './compact-jws.js';
import { isRoca } from './roca.js';

/** A public JWK as an issuer publishes it (RFC 7517). */
export type PublicJwk = JsonWebKey & { kid?: string; alg?: string; use?: string; key_ops?: string[] };
export interface JwkSet {
  keys: PublicJwk[];
}

interface ImportedKey {
  readonly kid: string | undefined;
  readonly alg: string | undefined;
  readonly kty: string;
  readonly crv: string | undefined;
  readonly key: KeyObject;
}

const MAX_KEYS = 1_000;
const MAX_NAMES = 5;
const MIN_RSA_BITS = 2048;
const MIN_RSA_EXPONENT = 65_537n;
/** Characters of `e`: 64 bits, as much as OpenSSL takes with a large key. Node reads a longer one in quadratic time. */
const MAX_RSA_EXPONENT = 11;
/** What makes a JWK a private or a symmetric one (RFC 7518 §6, RFC 8037 §2). */
export const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const CURVES: Record<string, string> = {
  ES256: 'P-256',
  ES384: 'P-384',
  ES512: 'P-521',
  EdDSA: 'Ed25519',
  Ed25519: 'Ed25519',
};

/** The keys of an issuer that may verify a signature. */
export class KeySet {
  private constructor(private readonly keys: readonly ImportedKey[]) {}

  /**
   * Symmetric and private keys, keys for another use or on another curve, RSA below 2048 bits, with a small or a huge exponent or of the ROCA kind, and what
   * Node cannot read are left out: one of them does not cost an issuer its others.
   *
   * @returns `undefined` when nothing usable is left, or the set has more than 1,000 keys
   */
  static from(document: unknown): KeySet | undefined {
    const list = (document as { keys?: unknown } | null)?.keys;
    if (!Array.isArray(list) || list.length > MAX_KEYS) return undefined;
    const imported = (list as unknown[]).map(importKey).filter(one => typeof one !== 'string');
    return imported.length ? new KeySet(imported) : undefined;
  }

  /** Why nothing is usable in a document, for an operator: what each of the first keys is, or what is there in place of keys. */
  static whyNone(document: unknown): string {
    const { keys: list, jwks_uri: elsewhere } = Object(document) as { keys?: unknown; jwks_uri?: unknown };
    if (elsewhere !== undefined && list === undefined)
      return 'It is metadata, and the keys are at its "jwks_uri": set jwksUri to that URL, or to "discovery".';
    if (!Array.isArray(list)) return 'It is no JWK Set (RFC 7517 §5): { "keys": [...] }, with public keys.';
    if (!list.length) return 'The set has no key: have the issuer publish the public one that it signs with.';
    if (list.length > MAX_KEYS)
      return `The set has more than ${MAX_KEYS} keys: have the issuer publish those that it uses.`;
    const reasons = (list as unknown[]).slice(0, MAX_NAMES).map(one => `${kidOf(one)} ${whyNot(one)}`);
    return `Have the issuer publish a public signature key that can be used. Of those in the set, ${reasons.join('; ')}.`;
  }

  /**
   * The one key that fits `kid`, `alg` and the key type that `alg` needs, all together: keys of several algorithms may share a `kid` (RFC 7517
   * §4.5). There is no guess among several that fit, unless they are one key listed more than once.
   */
  select({ alg, kid }: ParsedJws['header']): KeyObject | undefined {
    const [found, ...others] = this.keys.filter(
      one => (kid === undefined || one.kid === kid) && isFor(one, alg) && fitsAlgorithm(one, alg),
    );
    return others.every(one => one.key.equals(found!.key)) ? found?.key : undefined;
  }

  /** Whether a key in this set can verify by the algorithm. */
  has(alg: string): boolean {
    return this.keys.some(one => isFor(one, alg) && fitsAlgorithm(one, alg));
  }

  /** For an operator: `kid` and `alg` of the first of them. */
  names(): string[] {
    return this.keys.slice(0, MAX_NAMES).map(({ kid, alg }) => `${kid ?? 'no kid'} ${alg ?? 'any alg'}`);
  }

  /** Whether the key is in this set still. */
  holds(key: KeyObject): boolean {
    return this.keys.some(one => one.key === key) || this.keys.some(one => one.key.equals(key));
  }
}

/** @throws EieError `key_unknown` */
export function selectKey(keys: KeySet, header: ParsedJws['header']): KeyObject {
  const key = keys.select(header);
  if (!key)
    throw new EieError('key_unknown', {
      finding: { claim: 'kid, alg', received: [header.kid ?? null, header.alg], expected: keys.names() },
    });
  return key;
}

/** @returns a key; or what is wrong with it, behind its name */
function importKey(value: unknown): ImportedKey | string {
  if (typeof value !== 'object' || value === null) return 'is no JWK';
  // Some issuers write each member that a JWK may have, the private ones as null.
  const jwk = Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null)) as PublicJwk;
  if (PRIVATE_MEMBERS.some(name => name in jwk)) return 'is private or symmetric';
  const operations: unknown = jwk.key_ops ?? 'verify';
  const verifies = Array.isArray(operations) ? operations.includes('verify') : operations === 'verify';
  if (typeof jwk.kty !== 'string') return 'has no "kty"';
  if ((jwk.use ?? 'sig') !== 'sig') return 'has a "use" other than "sig"';
  if (!verifies) return 'has "key_ops" without "verify"';
  if (jwk.kty !== 'RSA' && !(Object.values(CURVES) as unknown[]).includes(jwk.crv))
    return 'is neither of RSA nor on a curve that is accepted';
  if (typeof jwk.e === 'string' && jwk.e.length > MAX_RSA_EXPONENT) return TOO_WEAK;
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    return isStrong(key, jwk) ? { kid: jwk.kid, alg: jwk.alg, kty: jwk.kty, crv: jwk.crv, key } : TOO_WEAK;
  } catch {
    return 'cannot be read';
  }
}

const TOO_WEAK = `is too weak: of RSA below ${MIN_RSA_BITS} bits, with a small or a huge exponent, or of the ROCA kind`;

const whyNot = (jwk: unknown): string => {
  const imported = importKey(jwk);
  return typeof imported === 'string' ? imported : 'can be used';
};

const kidOf = (jwk: unknown): string => {
  const { kid } = Object(jwk) as { kid?: unknown };
  return typeof kid === 'string' ? printable(kid) : 'one without kid';
};

function isStrong({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject, { n }: PublicJwk): boolean {
  if (asymmetricKeyType !== 'rsa') return true;
  return (
    (asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS &&
    (asymmetricKeyDetails?.publicExponent ?? 0n) >= MIN_RSA_EXPONENT &&
    !isRoca(n!)
  );
}

/** Whether a key may be used with an algorithm, by its `alg`. `EdDSA` and `Ed25519` are two names of one (RFC 9864 §2.2). */
export function isFor({ alg: own, crv }: { alg?: unknown; crv?: string | undefined }, alg: string): boolean {
  if (own === undefined || own === alg) return true;
  return crv === 'Ed25519' && typeof own === 'string' && CURVES[own] === 'Ed25519';
}

/** Whether a key is of the kind that an algorithm needs (RFC 7518 §3.1, RFC 8037 §3.1). */
export function fitsAlgorithm(
  { kty, crv }: { kty?: string | undefined; crv?: string | undefined },
  alg: string,
): boolean {
  if (Object.hasOwn(CURVES, alg)) return crv === CURVES[alg] && kty === (CURVES[alg] === 'Ed25519' ? 'OKP' : 'EC');
  return kty === 'RSA' && /^(RS|PS)(256|384|512)$/.test(alg);
}
