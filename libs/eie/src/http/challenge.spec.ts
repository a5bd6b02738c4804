import { EieError } from 'execution-identity';
import { challenge, schemesFor } from './challenge.js';
import { metadataUrls } from './metadata-urls.js';

const RESOURCE = 'https://mcp.test/mcp';
const METADATA = 'resource_metadata="https://mcp.test/.well-known/oauth-protected-resource/mcp"';

describe('metadataUrls', () => {
  it.each([
    ['https://mcp.test', 'https://mcp.test/.well-known/oauth-protected-resource'],
    ['https://mcp.test/', 'https://mcp.test/.well-known/oauth-protected-resource'],
    ['https://mcp.test/a/b', 'https://mcp.test/.well-known/oauth-protected-resource/a/b'],
    ['https://mcp.test:8443/a?b=c', 'https://mcp.test:8443/.well-known/oauth-protected-resource/a?b=c'],
  ])('inserts the well-known part after the host of %s', (resource, pathAware) => {
    expect(metadataUrls(resource).pathAware).toBe(pathAware);
    expect(metadataUrls(resource).root).toBe(`${new URL(resource).origin}/.well-known/oauth-protected-resource`);
  });
});

describe('challenge', () => {
  const ALGS = 'algs="ES256 ES384 ES512 RS256 RS384 RS512 PS256 PS384 PS512 EdDSA Ed25519"';
  const dpop = { acceptsDpop: true, requiresDpop: false };

  it('says of a bad proof that it is one, first and in the scheme that the client has used', () => {
    expect(challenge(new EieError('proof_replayed'), RESOURCE, schemesFor(dpop, 'DPoP'), ['orders:read'])).toBe(
      `DPoP error="invalid_dpop_proof", error_description="The DPoP proof is missing or invalid", ${METADATA}, ${ALGS}, Bearer ${METADATA}`,
    );
    expect(challenge(new EieError('proof_nonce_required'), RESOURCE, schemesFor(dpop, 'DPoP'))).toMatch(
      /^DPoP error="use_dpop_nonce", .*, Bearer /,
    );
  });

  it('says of a token that comes with a proof only that it is invalid, and of a missing scope which', () => {
    for (const code of ['token_expired', 'key_binding_refused', 'audience_refused'] as const)
      expect(challenge(new EieError(code), RESOURCE, schemesFor(dpop, 'DPoP'))).toBe(
        `DPoP error="invalid_token", error_description="The access token is invalid or expired", ${METADATA}, ${ALGS}, Bearer ${METADATA}`,
      );
    const missing = new EieError('insufficient_scope', { scopes: ['a'] });
    expect(challenge(missing, RESOURCE, schemesFor(dpop, 'DPoP'))).toBe(
      `DPoP error="insufficient_scope", error_description="The access token lacks a scope of this operation", scope="a", ${METADATA}, ${ALGS}`,
    );
  });

  it('tells a client of bearer tokens nothing of proofs but that there are some', () => {
    for (const code of ['proof_of_possession_invalid', 'key_binding_refused', 'token_expired'] as const)
      expect(challenge(new EieError(code), RESOURCE, schemesFor(dpop))).toBe(
        `Bearer error="invalid_token", error_description="The access token is invalid or expired", ${METADATA}, DPoP ${ALGS}`,
      );
    const receiver = schemesFor({ acceptsDpop: false, requiresDpop: false }, 'DPoP');
    expect(challenge(new EieError('credentials_missing'), RESOURCE, receiver)).toBe(`Bearer ${METADATA}`);
  });

  it('offers DPoP alone where every token must be bound', () => {
    const required = schemesFor({ acceptsDpop: true, requiresDpop: true });
    expect(challenge(new EieError('credentials_missing'), RESOURCE, required)).toBe(`DPoP ${METADATA}, ${ALGS}`);
  });

  it('carries no error code for a request without credentials', () => {
    expect(challenge(new EieError('credentials_missing'), RESOURCE, ['Bearer'])).toBe(`Bearer ${METADATA}`);
  });

  it('is the same for every cause of an invalid token', () => {
    const causes = [
      'token_expired',
      'signature_invalid',
      'audience_refused',
      'tenant_refused',
      'credential_mismatch',
      'issuer_unknown',
    ] as const;
    expect([...new Set(causes.map(code => challenge(new EieError(code), RESOURCE, ['Bearer'])))]).toEqual([
      `Bearer error="invalid_token", error_description="The access token is invalid or expired", ${METADATA}`,
    ]);
  });

  it('names every scope of the operation for a missing one', () => {
    expect(challenge(new EieError('insufficient_scope', { scopes: ['a', 'b'] }), RESOURCE, ['Bearer'])).toBe(
      `Bearer error="insufficient_scope", error_description="The access token lacks a scope of this operation", scope="a b", ${METADATA}`,
    );
  });

  it('says what a new client should ask for while no operation is known, and never widens what an operation needs', () => {
    const ask = (error: EieError) => challenge(error, RESOURCE, ['Bearer'], ['orders:read']);
    expect(ask(new EieError('credentials_missing'))).toBe(`Bearer scope="orders:read", ${METADATA}`);
    expect(ask(new EieError('token_expired'))).toContain('scope="orders:read"');
    expect(ask(new EieError('insufficient_scope', { scopes: ['orders:write'] }))).toContain('scope="orders:write"');
    expect(ask(new EieError('delegation_step_up'))).not.toContain('scope=');
  });

  it('hands the terms of a step-up on, by RFC 9470 or as Entra ID puts them', () => {
    expect(
      challenge(new EieError('delegation_step_up', { stepUp: { acrValues: 'urn:mfa', maxAge: 60 } }), RESOURCE, [
        'Bearer',
      ]),
    ).toBe(
      `Bearer error="insufficient_user_authentication", error_description="The operation needs another authentication of the user", acr_values="urn:mfa", max_age="60", ${METADATA}`,
    );
    expect(
      challenge(new EieError('delegation_step_up', { stepUp: { claims: '{"access_token":{}}' } }), RESOURCE, [
        'Bearer',
      ]),
    ).toContain(
      'error="insufficient_claims", error_description="An API needs another authentication of the user", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="',
    );
  });

  it('says of a malformed request that it is one', () => {
    expect(challenge(new EieError('request_malformed'), RESOURCE, ['Bearer'])).toMatch(
      /^Bearer error="invalid_request", /,
    );
  });

  it.each([
    'issuer_unavailable',
    'audit_unavailable',
    'agent_unregistered',
    'policy_missing',
    'identity_forged',
    'delegation_requires_user',
  ] as const)('is absent for %s, which no other credentials could cure', code => {
    expect(challenge(new EieError(code), RESOURCE, ['Bearer'])).toBeUndefined();
  });
});
