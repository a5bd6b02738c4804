import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { type JWK } from 'jose';
import { EieConfigurationError } from '../errors.js';
import { TOKEN_ALGORITHMS, type TokenAlgorithm } from '../token/token-algorithms.js';
import { fitsAlgorithm } from '../token/jwk-set.js';
import { isSignature, signBytes } from './signature-algorithms.js';
import { type Signer } from './signer.js';

/** The algorithm of a key whose JWK has no `alg`. An RSA key can be used with several, so its JWK must have `alg`. */
const ALGORITHM_OF_CURVE: Readonly<Record<string, TokenAlgorithm>> = {
  'P-256': 'ES256',
  'P-384': 'ES384',
  'P-521': 'ES512',
  Ed25519: 'EdDSA',
};

const TEXT = Buffer.from('execution-identity: test of a key');

/** A signer with its key in this process. The key cannot be read from it. */
class LocalSigner implements Signer {
  readonly #key: KeyObject;
  readonly kid?: string;

  constructor(
    key: KeyObject,
    readonly alg: TokenAlgorithm,
    readonly publicKey: JWK,
    kid: string | undefined,
  ) {
    this.#key = key;
    if (kid !== undefined) this.kid = kid;
    Object.freeze(this);
  }

  async sign(bytes: Uint8Array): Promise<Uint8Array> {
    return signBytes(this.alg, this.#key, bytes);
  }
}

/**
 * A signer of a private JWK, by the algorithm that the JWK names. Of the JWK it keeps the key, `kid`, `alg` and `x5t#S256`.
 *
 * @param where the option that gave it, for the message
 * @throws EieConfigurationError naming what is wrong with the key
 * @example const signer = localSigner(JSON.parse(await readFile('seal.jwk')), 'signing.keys[0]');
 */
export function localSigner(jwk: JWK, where: string): Signer {
  const alg = jwk.alg ?? ALGORITHM_OF_CURVE[jwk.crv ?? ''];
  const algorithm = TOKEN_ALGORITHMS.find(one => one === alg);
  if (typeof jwk.d !== 'string' || typeof jwk.kty !== 'string')
    throw new EieConfigurationError(`${where} must be a private JWK: an EC, Ed25519 or RSA key with "d".`);
  if (!algorithm || !fitsAlgorithm(jwk, algorithm))
    throw new EieConfigurationError(
      `${where} needs "alg", the algorithm it signs by, and one that fits the key: an RSA key such as "RS256" or "PS256".`,
    );
  const key = usableKey(jwk, algorithm);
  if (!key)
    throw new EieConfigurationError(`${where} cannot be read as a private key, or its members do not belong together.`);
  const published = createPublicKey(key).export({ format: 'jwk' }) as JWK;
  const thumbprint = jwk['x5t#S256'];
  const publicKey = Object.freeze({ ...published, ...(thumbprint !== undefined && { 'x5t#S256': thumbprint }) });
  return new LocalSigner(key, algorithm, publicKey, jwk.kid);
}

/** Node accepts a JWK whose private and public members do not match. Only a signature shows it. */
function usableKey(jwk: JWK, alg: TokenAlgorithm): KeyObject | undefined {
  try {
    const key = createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' });
    const { d: _private, ...publicJwk } = jwk;
    const publicKey = createPublicKey({ key: publicJwk as JsonWebKey, format: 'jwk' });
    return isSignature(alg, publicKey, TEXT, signBytes(alg, key, TEXT)) ? key : undefined;
  } catch {
    return undefined;
  }
}
