import { DEFAULT_CLAIM_PATHS, type EieError, refusalLine } from 'execution-identity';
import { type ExpectedToken, provenToken } from './returned-token.js';
import { type Target } from '../targets/target.js';

const NOW = 1_800_000_000;
const target: Target = {
  name: 'api',
  mode: 'on_behalf_of',
  scopes: ['a', 'b'],
  onward: {},
  baseUrl: new URL('https://api.test'),
  issuer: 'https://as.test',
  resource: 'https://api.test',
  audience: 'https://api.test',
  clientId: 'mcp',
  exchange: {},
  claims: DEFAULT_CLAIM_PATHS,
  user: { claim: 'sub_profile', values: ['user'] },
  actEvidence: 'required',
  external: false,
  timeout: 1000,
};
const [mcp, bot] = ['mcp', 'bot'].map(sub => ({ issuer: 'https://as.test', sub })) as [
  { issuer: string; sub: string },
  { issuer: string; sub: string },
];
const expected: ExpectedToken = {
  subject: { user: 'alice', tenant: 'acme' },
  scopes: ['a', 'b'],
  inbound: 'inbound',
  act: [[mcp, bot]],
};
const claims = {
  iss: 'https://as.test',
  aud: 'https://api.test',
  sub: 'alice',
  scope: 'a',
  exp: NOW + 60,
  act: { sub: 'mcp', act: { iss: 'https://as.test', sub: 'bot' } },
};
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = (changes: object = {}) => `${part({ alg: 'ES256' })}.${part({ ...claims, ...changes })}.AAAA`;

interface Circumstances {
  scope?: string | undefined;
  expiresIn?: number;
  expect?: Partial<ExpectedToken>;
  target?: Partial<Target>;
}
const prove = (token: string, { scope, expiresIn, expect: changes, target: at }: Circumstances = {}) =>
  provenToken(
    {
      token,
      ...(scope !== undefined && { scopes: scope.split(' ') }),
      ...(expiresIn !== undefined && { expiresIn }),
    },
    { ...expected, ...changes },
    { ...target, ...at },
    NOW,
  );
const lineOf = (refuse: () => unknown): string | undefined => {
  try {
    refuse();
    return undefined;
  } catch (error) {
    return refusalLine(error as EieError).message;
  }
};
const refused = expect.objectContaining({ code: 'delegated_token_refused' });

describe('provenToken', () => {
  it.each<[string, object, string | undefined]>([
    ['what was asked for', {}, 'a b'],
    ['fewer scopes than were asked for', { scope: 'b' }, undefined],
    ['no scopes in the answer or the token', { scope: undefined }, undefined],
    ['the audience as a list of one', { aud: ['https://api.test'] }, undefined],
    ['the other spelling of an audience without a path', { aud: 'https://api.test/' }, undefined],
  ])('lets %s pass', (_what, changes, scope) => {
    expect(prove(jwt(changes), { scope })).toEqual({
      token: jwt(changes),
      effective: 'delegation',
      expiresAt: NOW + 60,
    });
  });

  it.each<[string, object]>([
    ['another path of the audience', { aud: 'https://api.test/v2' }],
    ['both spellings of the audience', { aud: ['https://api.test', 'https://api.test/'] }],
    ['a wider scope in the token', { scope: 'a b admin' }],
    ['a scope that cannot be read', { scope: { a: true } }],
    ['another audience', { aud: 'https://other.test' }],
    ['a further audience', { aud: ['https://api.test', 'https://other.test'] }],
    ['no audience', { aud: undefined }],
    ['another subject', { sub: 'bob' }],
    ['no subject', { sub: undefined }],
    ['another issuer', { iss: 'https://other.test' }],
    ['an expiry that has passed', { exp: NOW }],
    ['no expiry', { exp: undefined }],
    ['no act: impersonation where delegation was asked for', { act: undefined }],
    ['another actor', { act: { sub: 'other', act: claims.act.act } }],
    ['an actor of another issuer', { act: { ...claims.act, iss: 'https://other.test' } }],
    ['a chain that was cut short', { act: { sub: 'mcp' } }],
    ['a chain that grew', { act: { sub: 'mcp', act: { sub: 'x', act: claims.act.act } } }],
    ['a chain in another order', { act: { sub: 'bot', act: { sub: 'mcp' } } }],
  ])('refuses %s', (_what, changes) => {
    expect(() => prove(jwt(changes))).toThrow(refused);
  });

  it('says of a token that is not of this server itself what must show that it is', () => {
    const own: ExpectedToken = { subject: { client: 'mcp' }, scopes: ['a', 'b'], act: [[]] };
    const given = (changes: object) =>
      provenToken({ token: jwt({ act: undefined, client_id: 'mcp', ...changes }) }, own, target, NOW);
    expect(given({ sub: 'the-service-account' }).effective).toBe('impersonation');
    for (const changes of [{ client_id: 'other' }, { sub_profile: 'user' }])
      expect(lineOf(() => given(changes))).toContain('The token is not one of this server itself');
  });

  it('refuses a wider scope in the answer, though the token says less', () => {
    expect(() => prove(jwt(), { scope: 'a b admin' })).toThrow(refused);
  });

  it('refuses the inbound token itself', () => {
    expect(() => prove(jwt(), { expect: { inbound: jwt() } })).toThrow(refused);
  });

  it('refuses an act where none may be, and takes the token without it as what it is: impersonation', () => {
    expect(() => prove(jwt(), { expect: { act: [[]] } })).toThrow(refused);
    expect(prove(jwt({ act: undefined }), { expect: { act: [[]] } })).toMatchObject({ effective: 'impersonation' });
  });

  it('refuses another tenant of the same user, and takes a token that names the right one', () => {
    expect(() => prove(jwt({ tenant: 'globex' }))).toThrow(refused);
    expect(() => prove(jwt({ tenant: 'acme' }), { expect: { subject: { user: 'alice' } } })).toThrow(refused);
    expect(prove(jwt({ tenant: 'acme' }))).toMatchObject({ effective: 'delegation' });
  });

  it('looks for subject and scopes where the issuer keeps them', () => {
    const paths = { claims: { ...DEFAULT_CLAIM_PATHS, subject: 'oid', scope: 'scp' } };
    expect(
      prove(jwt({ sub: 'pairwise', oid: 'alice', scope: undefined, scp: ['a'] }), { target: paths }),
    ).toMatchObject({ effective: 'delegation' });
    expect(() => prove(jwt({ oid: 'bob', scp: ['a'] }), { target: paths })).toThrow(refused);
    expect(() => prove(jwt({ oid: 'alice', scp: ['a', 'admin'] }), { target: paths })).toThrow(refused);
  });

  it('without evidence (none) takes a token that names no actor, and refuses one that names a wrong one', () => {
    expect(prove(jwt({ act: undefined }), { target: { actEvidence: 'none' } })).toMatchObject({
      effective: 'impersonation',
    });
    expect(() => prove(jwt({ act: { sub: 'other' } }), { target: { actEvidence: 'none' } })).toThrow(refused);
  });

  it.each(['if-jwt', 'none'] as const)(
    'with %s takes an opaque token, says that nobody knows what it is, and checks the scopes of the answer',
    actEvidence => {
      expect(prove('opaque', { expiresIn: 30, scope: 'a', target: { actEvidence } })).toEqual({
        token: 'opaque',
        effective: 'unknown',
        expiresAt: NOW + 30,
      });
      expect(prove('opaque', { target: { actEvidence } })).toMatchObject({ expiresAt: 0 });
      expect(() => prove('opaque', { scope: 'a admin', target: { actEvidence } })).toThrow(refused);
    },
  );

  it('with if-jwt refuses a JWT that names no actor', () => {
    expect(() => prove(jwt({ act: undefined }), { target: { actEvidence: 'if-jwt' } })).toThrow(refused);
  });

  it('knows its own token by the client it was issued to, and takes no user for it', () => {
    const own = { expect: { subject: { client: 'mcp' }, act: [[]] } };
    expect(prove(jwt({ act: undefined, sub: 'mcp' }), own)).toMatchObject({ expiresAt: NOW + 60 });
    expect(prove(jwt({ act: undefined, sub: 'mcp@clients', client_id: 'mcp' }), own)).toMatchObject({
      expiresAt: NOW + 60,
    });
    expect(() => prove(jwt({ act: undefined }), own)).toThrow(refused);
    expect(() => prove(jwt({ act: undefined, sub: 'mcp', client_id: 'other' }), own)).toThrow(refused);
    expect(() => prove(jwt({ act: undefined, client_id: 'mcp', sub_profile: 'user' }), own)).toThrow(refused);
  });

  it.each(['opaque', '', 'a.b.c', 'x'.repeat(9000)])(
    'refuses what cannot be read and so proves nothing (%#)',
    token => {
      expect(() => prove(token)).toThrow(refused);
    },
  );
});
