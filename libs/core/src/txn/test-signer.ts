import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { EieConfigurationError } from '../errors.js';
import { withinDeadline } from '../ports/deadline.js';
import { errorName } from '../ports/diagnostics.js';
import { TOKEN_ALGORITHMS } from '../token/token-algorithms.js';
import { fitsAlgorithm, PRIVATE_MEMBERS } from '../token/jwk-set.js';
import { isSignature } from './signature-algorithms.js';
import { bindSigner, isSigner, type Signer, SIGNING_DEADLINE, type SignerPurpose } from './signer.js';

/** It contains no `.`, so its signature can never be the signature of a JWS. */
const TEXT = Buffer.from('execution-identity: test of a signer');

export interface SignerTest {
  /** The option that gave the signer, for the messages. */
  readonly where: string;
  /** Milliseconds. Default 2,000. */
  readonly deadline?: number;
}

/**
 * Signs a fixed text and verifies it with the public key of the signer, at boot: a wrong key shows there and not at the first
 * call. The signer is bound to the purpose from then on.
 *
 * @throws EieConfigurationError saying what is wrong and how to fix it
 * @example await testSigner(signer, 'envelope', { where: 'signing.signer' });
 */
export async function testSigner(
  signer: Signer,
  purpose: SignerPurpose,
  { where, deadline = SIGNING_DEADLINE }: SignerTest,
): Promise<void> {
  const key = publicKeyOf(signer, where);
  bindSigner(signer, purpose);
  const signature = await withinDeadline(deadline, signal => signer.sign(TEXT, { purpose, signal })).catch(
    (error: unknown) => {
      throw new EieConfigurationError(
        errorName(error) === 'TimeoutError'
          ? `${where} did not sign within ${deadline} ms: check that its key service can be reached from here.`
          : `${where} cannot sign (${errorName(error)}): check its key service, and that this process may use the key.`,
      );
    },
  );
  if (!(signature instanceof Uint8Array))
    throw new EieConfigurationError(`${where}.sign() must resolve to the bytes of the signature, a Uint8Array.`);
  if (isSignature(signer.alg, key, TEXT, signature)) return;
  throw new EieConfigurationError(
    isSignature(signer.alg, key, TEXT, signature, 'der')
      ? `${where} gives DER signatures, and JOSE wants r and s one after the other: convert what the key service returns (RFC 7518 §3.4).`
      : `${where} signs with another key or algorithm than its "publicKey" and "alg" say: check the key id and version.`,
  );
}

function publicKeyOf(signer: Signer, where: string): KeyObject {
  const { alg, publicKey, kid } = signer;
  const wrong = (what: string): never => {
    throw new EieConfigurationError(`${where}${what}`);
  };
  if (!isSigner(signer) || typeof publicKey !== 'object' || publicKey === null)
    return wrong(' must be a signer: { kid, alg, publicKey, sign(bytes, { purpose, signal }) }.');
  if (kid !== undefined && (typeof kid !== 'string' || !kid)) return wrong('.kid must be a text, or left out.');
  if (!TOKEN_ALGORITHMS.includes(alg)) return wrong(`.alg must be one of ${TOKEN_ALGORITHMS.join(', ')}.`);
  if (PRIVATE_MEMBERS.some(name => Object.hasOwn(publicKey, name)))
    return wrong('.publicKey holds the private key: give the public JWK.');
  if (!fitsAlgorithm(publicKey, alg)) return wrong('.publicKey is not a key for its "alg".');
  try {
    return createPublicKey({ key: publicKey as JsonWebKey, format: 'jwk' });
  } catch {
    return wrong('.publicKey cannot be read as a public JWK.');
  }
}
