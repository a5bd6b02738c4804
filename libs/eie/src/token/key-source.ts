import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { EieConfigurationError, EieError } from '../eie.error.js';
import { type ParsedJws } from './compact-jws.js';

/** A public JWK as an issuer publishes it (RFC 7517). */
export type PublicJwk = JsonWebKey & { kid?: string; alg?: string; use?: string };
export interface JwkSet {
  keys: PublicJwk[];
}

/** Where the public keys of one issuer come from. */
export interface KeySource {
  /** @throws EieError `key_unknown`, `issuer_unavailable` */
  find(header: ParsedJws['header']): Promise<KeyObject>;
}

interface ImportedKey {
  kid?: string;
  alg?: string;
  kty: string;
  crv?: string;
  key: KeyObject;
}

const FRESH_SECONDS = 600;
const MISS_COOLDOWN_SECONDS = 30;
const TIMEOUT_MS = 3_000;

/** Keys written in the configuration. They never change while the process runs. */
export function staticKeys(jwks: JwkSet): KeySource {
  const keys = importKeys(jwks);
  if (!keys.length) throw new EieConfigurationError('issuers[].jwks holds no usable public signature key.');
  return { find: async header => select(keys, header) };
}

/**
 * Keys published at a JWK Set URL. They are fresh for 10 minutes; a `kid` that is not among them causes at most one
 * fetch per 30 seconds; concurrent misses share one fetch. A key set that cannot be had never replaces a good one.
 */
export function remoteKeys(uri: string, io: { fetch: typeof fetch; now: () => number }): KeySource {
  let keys: ImportedKey[] = [];
  let fetchedAt = -Infinity;
  let attemptedAt = -Infinity;
  let inFlight: Promise<void> | undefined;

  async function load(): Promise<void> {
    attemptedAt = io.now();
    const response = await io.fetch(uri, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS), headers: { accept: 'application/json' } });
    if (!response.ok) throw new EieError('issuer_unavailable');
    const imported = importKeys((await response.json()) as JwkSet);
    if (!imported.length) throw new EieError('issuer_unavailable');
    keys = imported;
    fetchedAt = io.now();
  }

  async function refresh(): Promise<void> {
    inFlight ??= load().finally(() => (inFlight = undefined));
    try {
      await inFlight;
    } catch {
      if (!keys.length) throw new EieError('issuer_unavailable');
    }
  }

  return {
    async find(header) {
      const stale = io.now() - fetchedAt > FRESH_SECONDS;
      const rested = io.now() - attemptedAt > MISS_COOLDOWN_SECONDS;
      if (!keys.length || (rested && (stale || !candidates(keys, header).length))) await refresh();
      return select(keys, header);
    },
  };
}

/** Public signature keys only: symmetric, private and encryption keys are left out, and so is what Node cannot read. */
function importKeys(jwks: JwkSet): ImportedKey[] {
  const list: unknown = (jwks as JwkSet | null)?.keys;
  if (!Array.isArray(list)) return [];
  return (list as PublicJwk[]).flatMap(jwk => {
    if (typeof jwk?.kty !== 'string' || jwk.kty === 'oct' || 'd' in jwk || (jwk.use ?? 'sig') !== 'sig') return [];
    try {
      return [{ kid: jwk.kid, alg: jwk.alg, kty: jwk.kty, crv: jwk.crv, key: createPublicKey({ key: jwk, format: 'jwk' }) }];
    } catch {
      return [];
    }
  });
}

function select(keys: ImportedKey[], header: ParsedJws['header']): KeyObject {
  const [found, second] = candidates(keys, header);
  if (!found || second) throw new EieError('key_unknown');
  return found.key;
}

const candidates = (keys: ImportedKey[], { alg, kid }: ParsedJws['header']): ImportedKey[] =>
  keys.filter(key => (kid === undefined || key.kid === kid) && (key.alg === undefined || key.alg === alg) && fits(key, alg));

const CURVES: Record<string, string> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521', EdDSA: 'Ed25519' };

function fits({ kty, crv }: ImportedKey, alg: string): boolean {
  if (alg in CURVES) return crv === CURVES[alg] && kty === (alg === 'EdDSA' ? 'OKP' : 'EC');
  return kty === 'RSA' && /^(RS|PS)(256|384|512)$/.test(alg);
}
