import { type ExpectedToken, provenToken } from './returned-token.js';

const NOW = 1_800_000_000;
const expected: ExpectedToken = {
  issuer: 'https://as.test', audience: 'https://api.test', sub: 'alice', scopes: ['a', 'b'], inbound: 'inbound',
  act: [{ issuer: 'https://as.test', sub: 'mcp' }, { issuer: 'https://as.test', sub: 'bot' }],
};
const claims = { iss: 'https://as.test', aud: 'https://api.test', sub: 'alice', scope: 'a', exp: NOW + 60, act: { sub: 'mcp', act: { iss: 'https://as.test', sub: 'bot' } } };
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = (changes: object = {}) => `${part({ alg: 'ES256' })}.${part({ ...claims, ...changes })}.AAAA`;
const prove = (token: string, scope?: string, changes: Partial<ExpectedToken> = {}) => provenToken({ token, clientId: 'mcp', ...(scope !== undefined && { scope }) }, { ...expected, ...changes }, NOW);

describe('provenToken', () => {
  it.each<[string, object, string | undefined]>([
    ['what was asked for', {}, 'a b'],
    ['fewer scopes than were asked for', { scope: 'b' }, undefined],
    ['no scopes in the answer or the token', { scope: undefined }, undefined],
    ['the audience as a list of one', { aud: ['https://api.test'] }, undefined],
  ])('lets %s pass', (_what, changes, scope) => {
    expect(prove(jwt(changes), scope)).toBe(jwt(changes));
  });

  it.each<[string, object]>([
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
    expect(() => prove(jwt(changes))).toThrow(expect.objectContaining({ code: 'delegated_token_refused' }));
  });

  it('refuses a wider scope in the answer, though the token says less', () => {
    expect(() => prove(jwt(), 'a b admin')).toThrow(expect.objectContaining({ code: 'delegated_token_refused' }));
  });

  it('refuses the inbound token itself', () => {
    expect(() => prove(jwt(), undefined, { inbound: jwt() })).toThrow(expect.objectContaining({ code: 'delegated_token_refused' }));
  });

  it('refuses an act where none may be', () => {
    expect(() => prove(jwt(), undefined, { act: [] })).toThrow(expect.objectContaining({ code: 'delegated_token_refused' }));
    expect(prove(jwt({ act: undefined }), undefined, { act: [] })).toBe(jwt({ act: undefined }));
  });

  it.each(['opaque', '', 'a.b.c', 'x'.repeat(9000)])('refuses what cannot be read and so proves nothing (%#)', token => {
    expect(() => prove(token)).toThrow(expect.objectContaining({ code: 'delegated_token_refused' }));
  });
});
