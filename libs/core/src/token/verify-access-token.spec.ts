import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { DEFAULT_CLAIM_PATHS, type IssuerPolicy } from './issuer-policy.js';
import { TOKEN_ALGORITHMS, type TokenAlgorithm } from './token-algorithms.js';
import { type JwkSet } from './jwk-set.js';
import { staticKeys } from './static-keys.js';
import { verifyAccessToken } from './verify-access-token.js';

const NOW = 1_800_000_000;
const ISSUER = 'https://as.test';
const KINDS: Record<string, TokenAlgorithm[]> = {
  RSA: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  'P-256': ['ES256'],
  'P-384': ['ES384'],
  'P-521': ['ES512'],
  Ed25519: ['EdDSA', 'Ed25519'],
};

const issuers = (jwk: object, algorithms: readonly TokenAlgorithm[] = TOKEN_ALGORITHMS) =>
  new Map([[ISSUER, policy(jwk, algorithms)]]);

const policy = (jwk: object, algorithms: readonly TokenAlgorithm[]): IssuerPolicy => ({
  issuer: ISSUER,
  keys: staticKeys({ keys: [jwk] } as JwkSet),
  algorithms,
  audience: ['https://mcp.test'],
  toleratedAudiences: [],
  maxLifetime: 3600,
  claims: DEFAULT_CLAIM_PATHS,
  tenants: [],
  user: { claim: 'sub_profile' },
  acceptsDpop: false,
  agents: new Map(),
});

const sign = (alg: string, key: CryptoKey) =>
  new SignJWT({
    iss: ISSUER,
    aud: 'https://mcp.test',
    sub: 'alice',
    client_id: 'app',
    sub_profile: 'user',
    iat: NOW,
    exp: NOW + 60,
  })
    .setProtectedHeader({ alg, typ: 'at+jwt', kid: 'k' })
    .sign(key);

describe('every algorithm against every kind of key', () => {
  it.each(TOKEN_ALGORITHMS)('%s verifies by its own kind and by no other', async alg => {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const token = await sign(alg, privateKey);
    const own = { ...(await exportJWK(publicKey)), kid: 'k' };
    await expect(verifyAccessToken(token, issuers(own), NOW)).resolves.toMatchObject({ sub: 'alice' });
    await expect(
      verifyAccessToken(
        token,
        issuers(
          own,
          TOKEN_ALGORITHMS.filter(one => one !== alg),
        ),
        NOW,
      ),
    ).rejects.toMatchObject({ code: 'algorithm_refused' });
    for (const [first, ...others] of Object.values(KINDS)) {
      const fits = [first, ...others].includes(alg);
      const other = {
        ...(await exportJWK((await generateKeyPair(first!, { extractable: true })).publicKey)),
        kid: 'k',
      };
      await expect(verifyAccessToken(token, issuers(other), NOW)).rejects.toMatchObject({
        code: fits ? 'signature_invalid' : 'key_unknown',
      });
    }
  });
});
