import { type JWK } from 'jose';
import { type ServerFacts } from '../../configuration/facts/server-facts.js';
import { versions } from '../../configuration/versions.js';
import { canonical, sha256 } from './input-facts.js';
import { type PostureDocument } from './posture-document.js';

/** What an installation runs on, and the public keys of what it seals. */
export function signingFacts(
  signing: ServerFacts['signing'],
  jwks: { readonly keys: readonly JWK[] } | undefined,
): PostureDocument['deployment'] {
  const keys = signing === 'keys' ? (jwks?.keys ?? []) : [];
  return {
    versions: versions(),
    signing,
    signingKeys: keys
      .map(key => ({ alg: key.alg ?? 'unknown', thumbprint: thumbprint(key) }))
      .sort((one, other) => (one.thumbprint < other.thumbprint ? -1 : 1)),
  };
}

/** RFC 7638 §3.2, as base64url: of an EC key its `crv`, `kty`, `x` and `y`; of an Ed25519 key without `y` (RFC 8037 §2). */
function thumbprint({ crv, kty, x, y }: JWK): string {
  return Buffer.from(sha256(canonical({ crv, kty, x, ...(y !== undefined && { y }) })), 'hex').toString('base64url');
}
