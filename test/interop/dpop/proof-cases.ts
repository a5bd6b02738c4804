import { badProof, badToken, type Case } from './case.js';
import { bearer, ME, now } from './kit.js';

const FAPI = 'FAPI 2.0 Security Profile §5.3.2.1 no. 13';
const proofCase = (
  id: string,
  source: string,
  changes: Parameters<Parameters<Case['request']>[0]['withProof']>[1],
  expectation: Case['expectation'] = badProof(),
): Case => ({ id, source, expectation, request: ({ bound, withProof }) => withProof(bound, changes) });

/** Proofs, and the tokens that they stand beside. */
export const proofCases: Case[] = [
  proofCase('proof', 'RFC 9449 §7.1', {}, 'accepted'),
  {
    id: 'proof-keycloak',
    source: 'RFC 7800 §3.1; Keycloak writes kc-jkt-type',
    expectation: 'accepted',
    request: async ({ issuer, key, withProof }) =>
      withProof(await issuer.token({ cnf: { jkt: key.jkt, 'kc-jkt-type': 'DPoP' } })),
  },
  {
    id: 'iat-8-ahead',
    source: `${FAPI}; its conformance suite sends this`,
    expectation: 'accepted',
    request: ({ bound, withProof }) => withProof(bound, { claims: { iat: now() + 8 } }),
  },
  {
    id: 'iat-10-ahead',
    source: FAPI,
    expectation: 'accepted',
    request: ({ bound, withProof }) => withProof(bound, { claims: { iat: now() + 10 } }),
  },
  {
    id: 'iat-70-ahead',
    source: FAPI,
    expectation: badProof(),
    request: ({ bound, withProof }) => withProof(bound, { claims: { iat: now() + 70 } }),
  },
  {
    id: 'iat-10-ago',
    source: 'RFC 9449 §11.1',
    expectation: 'accepted',
    request: ({ bound, withProof }) => withProof(bound, { claims: { iat: now() - 10 } }),
  },
  proofCase('iat-old', 'RFC 9449 §4.3 no. 11', { claims: { iat: now() - 120 } }),
  proofCase('iat-none', 'RFC 9449 §4.2', { claims: { iat: undefined } }),
  proofCase('jti-none', 'RFC 9449 §4.2', { claims: { jti: undefined } }),
  proofCase('method', 'RFC 9449 §4.3 no. 8', { claims: { htm: 'POST' } }),
  proofCase('path', 'RFC 9449 §4.3 no. 9', { claims: { htu: 'https://mcp.shop.test/other' } }),
  proofCase('host', 'RFC 9449 §4.3 no. 9', { claims: { htu: 'https://evil.test/me' } }),
  proofCase('query', 'RFC 9449 §4.3 no. 9', { claims: { htu: `${ME}?x=1#y` } }, 'accepted'),
  proofCase('ath-other', 'RFC 9449 §4.3 no. 12', { claims: { ath: 'a'.repeat(43) } }),
  proofCase('ath-none', 'RFC 9449 §7', { claims: { ath: undefined } }),
  proofCase('typ', 'RFC 9449 §4.3 no. 4', { header: { typ: 'JWT' } }),
  proofCase('use-enc', 'RFC 7517 §4.2', { jwk: { use: 'enc' } }),
  proofCase('key-ops-encrypt', 'RFC 7517 §4.3', { jwk: { key_ops: ['encrypt'] } }),
  proofCase('key-alg-foreign', 'RFC 7517 §4.4', { jwk: { alg: 'ECDH-ES' } }),
  proofCase('key-private', 'RFC 9449 §4.3 no. 7', { jwk: { d: 'AA' } }),
  proofCase(
    'key-members',
    'RFC 7517 §4',
    { jwk: { use: 'sig', key_ops: ['verify'], alg: 'ES256', kid: 'x' } },
    'accepted',
  ),
  {
    id: 'proof-none',
    source: 'RFC 9449 §7.1',
    expectation: badProof(),
    request: ({ bound }) => ({ headers: ['Authorization', `DPoP ${bound}`] }),
    also: ({ headers }) =>
      /, algs="ES256 [^"]*", Bearer resource_metadata=/.test(headers['www-authenticate']!) ? undefined : 'no algs',
  },
  {
    id: 'proof-twice',
    source: 'RFC 9449 §4.3 no. 1',
    expectation: badProof(),
    request: async ({ bound, proof, withProof }) => withProof(bound, {}, { headers: ['DPoP', await proof(bound)] }),
  },
  {
    id: 'proof-used',
    source: 'RFC 9449 §11.1',
    expectation: badProof('proof_replayed'),
    async request({ bound, withProof }, site) {
      const request = await withProof(bound);
      await site.send(request);
      return request;
    },
  },
  {
    id: 'key-other',
    source: 'RFC 9449 §7.1',
    expectation: badToken('key_binding_refused'),
    request: ({ bound, otherKey, withProof }) => withProof(bound, { by: otherKey }),
  },
  {
    id: 'token-expired',
    source: 'RFC 9449 §7.1',
    expectation: badToken('token_expired'),
    request: async ({ issuer, key, withProof }) =>
      withProof(await issuer.token({ cnf: { jkt: key.jkt }, exp: now() - 60 })),
  },
  {
    id: 'token-as-bearer',
    source: 'RFC 9449 §7.2',
    expectation: badToken('proof_of_possession_invalid', 'Bearer'),
    request: ({ bound }) => ({ headers: bearer(bound) }),
  },
  {
    id: 'token-as-bearer-with-proof',
    source: 'RFC 9449 §7.2',
    expectation: badToken('proof_of_possession_invalid', 'Bearer'),
    request: async ({ bound, proof }) => ({ headers: [...bearer(bound), 'DPoP', await proof(bound)] }),
  },
  {
    id: 'token-unbound',
    source: 'RFC 9449 §7.1',
    expectation: badToken('key_binding_refused'),
    request: ({ unbound, withProof }) => withProof(unbound),
  },
  {
    id: 'token-unbound-beside-proof',
    source: 'RFC 9449 §7.1: the client believes that its token is bound',
    expectation: badToken('key_binding_refused', 'Bearer'),
    request: async ({ unbound, proof }) => ({ headers: [...bearer(unbound), 'DPoP', await proof(unbound)] }),
  },
  {
    id: 'token-bearer',
    source: 'RFC 6750 §2.1',
    expectation: 'accepted',
    request: ({ unbound }) => ({ headers: bearer(unbound) }),
  },
  {
    id: 'token-bound-unknown',
    source: 'RFC 7800 §3.1',
    expectation: badToken('proof_of_possession_unsupported'),
    request: async ({ issuer, withProof }) => withProof(await issuer.token({ cnf: { 'urn:new': 'x' } })),
  },
  {
    id: 'token-none',
    source: 'RFC 9449 §7.1',
    expectation: { reason: 'credentials_missing', challenge: 'Bearer resource_metadata=' },
    request: () => ({}),
    also: ({ headers }) =>
      /, DPoP algs="ES256 /.test(headers['www-authenticate']!) ? undefined : 'DPoP is not offered',
  },
  {
    id: 'scope-missing',
    source: 'RFC 9449 §7.1; RFC 6750 §3.1',
    expectation: { status: 403, reason: 'insufficient_scope', challenge: 'DPoP error="insufficient_scope"' },
    request: ({ bound, withProof }) =>
      withProof(bound, { claims: { htu: 'https://mcp.shop.test/orders' } }, { target: '/orders' }),
  },
];
