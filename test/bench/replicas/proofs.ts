import { createHash, randomUUID, sign } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import { newKeyPair } from '../../support/key-pair.js';
import { encode } from '../load/tokens.js';

/** A key of a client (RFC 9449), and what makes a new proof for one token and one address. */
export async function proofKey() {
  const { privateKey, publicKey } = newKeyPair();
  const jwk = await exportJWK(publicKey);
  const header = encode({ typ: 'dpop+jwt', alg: 'ES256', jwk });
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' as const };
  return {
    jkt: await calculateJwkThumbprint(jwk),
    proofsFor(token: string, htm: string, htu: string): () => string {
      const ath = createHash('sha256').update(token).digest('base64url');
      return () => {
        const claims = encode({ htm, htu, ath, jti: randomUUID(), iat: Math.floor(Date.now() / 1000) });
        return `${header}.${claims}.${sign('sha256', Buffer.from(`${header}.${claims}`), key).toString('base64url')}`;
      };
    },
  };
}
