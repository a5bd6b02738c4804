import { type EieErrorCode } from '../reasons.js';
import { readClaims } from './claims-policy.js';
import { checkHeader } from './header-policy.js';
import { DEFAULT_CLAIM_PATHS, type IssuerPolicy } from './issuer-policy.js';

const NOW = 1_800_000_000;
const policy: IssuerPolicy = {
  issuer: 'https://as.test',
  keys: { holds: () => false, find: () => Promise.reject(new Error('not asked')) },
  algorithms: ['ES256'],
  audience: ['https://mcp.test'],
  toleratedAudiences: ['https://as.test/userinfo'],
  maxLifetime: 3600,
  claims: DEFAULT_CLAIM_PATHS,
  acceptsDpop: false,
  tenants: ['acme'],
  user: { claim: 'sub_profile', values: ['user'] },
  agents: new Map(),
};
const claims = {
  iss: policy.issuer,
  aud: 'https://mcp.test',
  sub: 'alice',
  client_id: 'app',
  sub_profile: 'user',
  tenant: 'acme',
  scope: 'b a b',
  iat: NOW - 10,
  exp: NOW + 60,
};
const read = (changes: Record<string, unknown> = {}, rules: Partial<IssuerPolicy> = {}) =>
  readClaims({ ...claims, ...changes }, { ...policy, ...rules }, NOW);
const code = (value: EieErrorCode) => expect.objectContaining({ code: value });

describe('readClaims', () => {
  it('says in our words what a good token says', () => {
    expect(
      read({ roles: ['clerk'], sid: 's', acr: '2', amr: ['pwd'], auth_time: NOW - 60, act: { sub: 'bot' } }),
    ).toEqual({
      issuer: policy.issuer,
      sub: 'alice',
      type: 'user',
      clientId: 'app',
      audience: policy.audience,
      tenant: 'acme',
      scopes: ['a', 'b'],
      roles: ['clerk'],
      act: [{ issuer: policy.issuer, sub: 'bot' }],
      sid: 's',
      acr: '2',
      amr: ['pwd'],
      authTime: NOW - 60,
      confidence: 'verified',
      issuedAt: NOW - 10,
      expiresAt: NOW + 60,
    });
  });

  it('takes an empty scope for what it is: none', () => {
    expect(read({ scope: '' }).scopes).toEqual([]);
  });

  it('gives exp no leeway, and nbf and iat thirty seconds', () => {
    expect(() => read({ exp: NOW })).toThrow(code('token_expired'));
    expect(read({ exp: NOW + 1 })).toMatchObject({ sub: 'alice' });
    expect(read({ iat: NOW + 30, nbf: NOW + 30 })).toMatchObject({ sub: 'alice' });
    expect(() => read({ iat: NOW + 31 })).toThrow(code('token_not_yet_valid'));
    expect(() => read({ nbf: NOW + 31 })).toThrow(code('token_not_yet_valid'));
  });

  it('holds a token to the longest life that the issuer may give', () => {
    expect(read({ iat: NOW, exp: NOW + 3600 })).toMatchObject({ sub: 'alice' });
    expect(() => read({ iat: NOW, exp: NOW + 3601 })).toThrow(code('token_lifetime_refused'));
  });

  it('reports an expired token as expired, whatever else is wrong with it', () => {
    expect(() => read({ exp: NOW - 1, aud: 'x', sub: 7, tenant: 'x', cnf: {}, iss: 'x' })).toThrow(
      code('token_expired'),
    );
  });

  it.each([
    ['https://mcp.test'],
    ['https://mcp.test/'],
    [['https://mcp.test']],
    [['https://as.test/userinfo', 'https://mcp.test']],
  ])('accepts the audience %j', aud => {
    expect(read({ aud })).toMatchObject({ sub: 'alice' });
  });

  it.each([
    undefined,
    null,
    '',
    [],
    'https://MCP.test',
    'https://mcp.test//',
    'https://as.test/userinfo',
    ['https://mcp.test', 'https://other.test'],
    ['https://mcp.test', 7],
    { 0: 'https://mcp.test' },
  ])('refuses the audience %j', aud => {
    expect(() => read({ aud })).toThrow(code('audience_refused'));
  });

  it.each(['exp', 'iat', 'sub', 'client_id'])('demands %s', name => {
    expect(() => read({ [name]: undefined })).toThrow(code('claim_missing'));
  });

  it.each([
    ['exp', '1'],
    ['exp', -1],
    ['iat', {}],
    ['nbf', 'x'],
    ['sub', 7],
    ['sub', ''],
    ['sub', 'a\u0000'],
    ['sub', 'x'.repeat(1025)],
    ['client_id', []],
    ['scope', 7],
    ['scope', [7]],
    ['scope', ['a orders:admin']],
    ['scope', 'a\u0009b'],
  ])('refuses %s of the form %j', (name, value) =>
    expect(() => read({ [name]: value })).toThrow(code('claim_invalid')),
  );

  it('takes a user on positive evidence only, and a client for itself as a service', () => {
    expect(read({ sub: 'app', sub_profile: undefined }).type).toBe('service');
    expect(read({ sub_profile: ['user', 'x'] }).type).toBe('user');
    for (const sub_profile of [undefined, null, '', 'service', 'User', { user: true }])
      expect(() => read({ sub_profile })).toThrow(code('actor_unclassified'));
    expect(() => read({ sub: 'app' })).toThrow(code('actor_unclassified'));
    expect(read({ sub_profile: undefined, gty: 'cc' }, { service: { claim: 'gty' } }).type).toBe('service');
    expect(() => read({ gty: 'cc' }, { service: { claim: 'gty' } })).toThrow(code('actor_unclassified'));
  });

  it('takes a token without a subject for its client only where the operator named evidence of a service', () => {
    const bare = { sub: undefined, sub_profile: undefined, gty: 'cc' };
    expect(read(bare, { service: { claim: 'gty' } })).toMatchObject({ type: 'service', sub: 'app', clientId: 'app' });
    expect(() => read(bare)).toThrow(code('claim_missing'));
    expect(() => read({ ...bare, gty: 'x' }, { service: { claim: 'gty', values: ['cc'] } })).toThrow(
      code('claim_missing'),
    );
    expect(() => read({ ...bare, sub_profile: 'user' }, { service: { claim: 'gty' } })).toThrow(
      code('actor_unclassified'),
    );
    for (const sub of ['', 7, 'a\n', {}])
      expect(() => read({ ...bare, sub }, { service: { claim: 'gty' } })).toThrow(code('claim_invalid'));
  });

  it('reads subject, client and scopes of a service where its issuer writes them, and nobody else there', () => {
    const elsewhere: Partial<IssuerPolicy> = {
      service: { claim: 'common_name' },
      claims: { ...DEFAULT_CLAIM_PATHS, service: { subject: 'common_name', clientId: 'common_name', scope: 'scopes' } },
    };
    const machine = { sub: '', sub_profile: undefined, common_name: 'night-batch', scopes: ['c'] };
    expect(read(machine, elsewhere)).toMatchObject({
      type: 'service',
      sub: 'night-batch',
      clientId: 'night-batch',
      scopes: ['c'],
    });
    expect(read({ scopes: ['c'] }, elsewhere)).toMatchObject({
      type: 'user',
      sub: 'alice',
      clientId: 'app',
      scopes: ['a', 'b'],
    });
    expect(() => read({ common_name: 'night-batch' }, elsewhere)).toThrow(code('actor_unclassified'));
  });

  it('takes a token without a client for its subject only where the operator named evidence of a service', () => {
    const bare = { sub: 'role', client_id: undefined, sub_profile: undefined, gty: 'cc' };
    expect(read(bare, { service: { claim: 'gty' } })).toMatchObject({ type: 'service', sub: 'role', clientId: 'role' });
    expect(() => read(bare)).toThrow(code('claim_missing'));
    expect(() => read({ ...bare, sub_profile: 'user' }, { service: { claim: 'gty' } })).toThrow(
      code('actor_unclassified'),
    );
    expect(() => read({ ...bare, sub: undefined }, { service: { claim: 'gty' } })).toThrow(code('claim_missing'));
    for (const client_id of ['', 7, 'a\n', {}])
      expect(() => read({ ...bare, client_id }, { service: { claim: 'gty' } })).toThrow(code('claim_invalid'));
  });

  it('believes the tenants that the issuer may name, and no default', () => {
    expect(() => read({ tenant: 'other' })).toThrow(code('tenant_refused'));
    expect(() => read({ tenant: undefined })).toThrow(code('tenant_refused'));
    expect(() => read({}, { tenants: [] })).toThrow(code('tenant_refused'));
    expect(read({ tenant: undefined }, { tenants: [] }).tenant).toBeUndefined();
    expect(read({ org: 'acme', tenant: 'other' }, { claims: { ...DEFAULT_CLAIM_PATHS, tenant: 'org' } }).tenant).toBe(
      'acme',
    );
  });

  it('keeps the whole actor chain or refuses it', () => {
    const chain = (depth: number): object => ({ sub: `${depth}`, ...(depth > 1 && { act: chain(depth - 1) }) });
    expect(read({ act: chain(4) }).act.map(({ sub }) => sub)).toEqual(['4', '3', '2', '1']);
    for (const act of [
      chain(5),
      'bot',
      [],
      {},
      { sub: '' },
      { sub: null },
      { sub: 'a', iss: 7 },
      { sub: 'a', act: 'b' },
    ])
      expect(() => read({ act })).toThrow(code('actor_chain_refused'));
  });

  it('refuses a token that is bound to a key, and one of another issuer', () => {
    expect(() => read({ cnf: { jkt: 'x' } })).toThrow(code('proof_of_possession_unsupported'));
    expect(() => read({ iss: 'https://as.test/' })).toThrow(code('issuer_unknown'));
  });

  it.each<unknown>([
    7,
    true,
    null,
    undefined,
    [],
    ['https://as.test'],
    {},
    { toString: 'x' },
    { valueOf: null, toString: null },
  ])('refuses a token of an issuer that is %j, whatever it is', iss => {
    expect(() => read({ iss })).toThrow(code('issuer_unknown'));
  });

  it('takes a token without an id, which RFC 9068 demands and nothing here reads', () => {
    expect(read({ jti: undefined }).sub).toBe('alice');
  });

  it('takes the certificate that a token is bound to, alone or beside a key, only where both are checked', () => {
    const both = { acceptsDpop: true, acceptsCertificates: true };
    expect(read({ cnf: { 'x5t#S256': 'x' } }, both)).toMatchObject({ x5t: 'x' });
    expect(read({ cnf: { jkt: 'k', 'x5t#S256': 'x' } }, both)).toMatchObject({ jkt: 'k', x5t: 'x' });
    for (const rules of [{}, { acceptsDpop: true }, { acceptsCertificates: true }])
      expect(() => read({ cnf: { jkt: 'k', 'x5t#S256': 'x' } }, rules)).toThrow(
        code('proof_of_possession_unsupported'),
      );
    for (const x5t of [7, null, ['x']])
      expect(() => read({ cnf: { jkt: 'k', 'x5t#S256': x5t } }, both)).toThrow(code('proof_of_possession_unsupported'));
  });

  it('refuses a token that is bound to no key, or to a certificate alone, where DPoP is required', () => {
    const rules = { acceptsDpop: true, acceptsCertificates: true, requiresDpop: true };
    for (const cnf of [undefined, null, { 'x5t#S256': 'x' }])
      expect(() => read({ cnf }, rules)).toThrow(code('key_binding_refused'));
    expect(read({ cnf: { jkt: 'k' } }, rules).jkt).toBe('k');
  });

  it('takes the key that a token is bound to, whatever else cnf says of it', () => {
    const bound = { acceptsDpop: true };
    for (const more of [{}, { 'kc-jkt-type': 'DPoP' }, { kid: '1' }, { 'urn:x': null }])
      expect(read({ cnf: { jkt: 'x', ...more } }, bound).jkt).toBe('x');
  });

  it.each([
    {},
    'x',
    [],
    true,
    { jkt: '' },
    { jkt: null },
    { jkt: 7 },
    { 'kc-jkt-type': 'DPoP' },
    { kid: 'x' },
    { 'x5t#S256': 'x' },
    { jkt: 'x', 'x5t#S256': 'x' },
    { jkt: 'x', jwk: {} },
    { 'urn:new-method': 'x' },
  ])('refuses the binding %j: none that cannot be checked is ignored', cnf => {
    expect(() => read({ cnf }, { acceptsDpop: true })).toThrow(code('proof_of_possession_unsupported'));
  });
});

describe('checkHeader', () => {
  const check =
    (header: { alg: string; typ?: string | undefined }, body: object = {}, rules: Partial<IssuerPolicy> = {}) =>
    () =>
      checkHeader({ compact: '', header, claims: { ...body } }, { ...policy, ...rules });
  const accessTokenClaim = { claim: 'typ', values: ['Bearer'] };

  it('accepts at+jwt with a configured algorithm', () => {
    for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt']) expect(check({ alg: 'ES256', typ })).not.toThrow();
    for (const alg of ['none', 'HS256', 'RS256', 'es256', ''])
      expect(check({ alg, typ: 'at+jwt' })).toThrow(code('algorithm_refused'));
  });

  it('accepts a token without the type only with the claim that the issuer is configured for', () => {
    for (const typ of [undefined, 'JWT']) {
      expect(check({ alg: 'ES256', typ }, { typ: 'Bearer' })).toThrow(code('token_type_refused'));
      expect(check({ alg: 'ES256', typ }, { typ: 'Bearer' }, { accessTokenClaim })).not.toThrow();
      expect(check({ alg: 'ES256', typ }, { typ: 'ID' }, { accessTokenClaim })).toThrow(code('token_type_refused'));
      expect(check({ alg: 'ES256', typ }, {}, { accessTokenClaim })).toThrow(code('token_type_refused'));
    }
    for (const typ of ['txntoken+jwt', 'logout+jwt', 'dpop+jwt', ''])
      expect(check({ alg: 'ES256', typ }, { typ: 'Bearer' }, { accessTokenClaim })).toThrow(code('token_type_refused'));
  });
});
