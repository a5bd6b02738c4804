import { createPublicKey, type KeyObject } from 'node:crypto';
import { type AccessToken, DEFAULT_CLAIM_PATHS, type IssuerPolicy } from 'execution-identity';
import { TokenMemory } from './token-memory.js';

const NOW = 1_800_000_000;
/** RFC 7515, appendix A.3. */
const key = createPublicKey({
  format: 'jwk',
  key: {
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  },
});
const token = (changes: Partial<AccessToken> = {}): AccessToken => ({
  issuer: 'https://as.test',
  sub: 'alice',
  type: 'user',
  clientId: 'app',
  audience: [],
  scopes: [],
  act: [],
  confidence: 'verified',
  issuedAt: NOW,
  expiresAt: NOW + 300,
  ...changes,
});
const policyOf = (published: KeyObject): IssuerPolicy => ({
  issuer: 'https://as.test',
  keys: { find: async () => published, holds: one => one.equals(published) },
  algorithms: ['ES256'],
  audience: [],
  toleratedAudiences: [],
  maxLifetime: 300,
  claims: DEFAULT_CLAIM_PATHS,
  acceptsDpop: true,
  tenants: [],
  user: { claim: 'sub' },
  agents: new Map(),
});

describe('what is remembered of a verified token', () => {
  const policy = policyOf(key);
  let memory: TokenMemory;
  let current: IssuerPolicy;
  beforeEach(() => {
    current = policy;
    memory = new TokenMemory(one => one === current);
  });
  const recall = (compact = 'a.b.c', now = NOW) => memory.recall(compact, now)?.identity.actor.sub;

  it('counts for a minute, and for the very bytes of the token', () => {
    memory.remember('a.b.c', { token: token(), key }, policy, NOW);
    expect([recall('a.b.c', NOW + 59), recall('a.b.c', NOW + 60), recall('a.b.d')]).toEqual([
      'alice',
      undefined,
      undefined,
    ]);
  });

  it('counts no longer than the token lives, nor before it was verified', () => {
    memory.remember('a.b.c', { token: token({ expiresAt: NOW + 10 }), key }, policy, NOW);
    expect([recall('a.b.c', NOW + 9), recall('a.b.c', NOW + 10), recall('a.b.c', NOW - 1)]).toEqual([
      'alice',
      undefined,
      undefined,
    ]);
  });

  it('counts while its issuer is configured as it was and publishes its key', () => {
    memory.remember('a.b.c', { token: token(), key }, policy, NOW);
    current = policyOf(key);
    expect(recall()).toBeUndefined();
    current = policy;
    policy.keys.holds = () => false;
    expect(recall()).toBeUndefined();
    policy.keys.holds = one => one.equals(key);
    expect(recall()).toBe('alice');
  });

  it('is forgotten of whoever is revoked, and of nobody else', () => {
    memory.remember('alice', { token: token(), key }, policy, NOW);
    memory.remember('bob', { token: token({ sub: 'bob' }), key }, policy, NOW);
    memory.forget({ issuer: 'https://as.test', sub: 'alice' });
    expect([recall('alice'), recall('bob')]).toEqual([undefined, 'bob']);
  });
});
