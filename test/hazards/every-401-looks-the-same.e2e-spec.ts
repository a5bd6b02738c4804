import { type AuditReason } from 'nestjs-eie';
import { ADAPTERS } from '../support/app.js';
import { BARE_CHALLENGE, base64url, claimsOf, type DoorApp, refusal, startDoor } from '../support/door.js';
import { MCP, ORDERS, startWorld, type World } from '../support/world.js';

const now = () => Math.floor(Date.now() / 1000);
const nested = (depth: number): object => ({ sub: `agent-${depth}`, ...(depth > 1 && { act: nested(depth - 1) }) });

type Case = [what: string, reason: AuditReason, token: (world: World) => string];

const claims = (what: string, reason: AuditReason, changed: Record<string, unknown>): Case => [
  what,
  reason,
  world => world.userToken({ claims: changed }),
];

const CASES: Case[] = [
  claims('a token for another audience', 'audience_refused', { aud: ORDERS }),
  claims('a token for an audience that only begins like ours', 'audience_refused', { aud: `${MCP}/` }),
  claims('a token for us and for somebody else', 'audience_refused', { aud: [MCP, ORDERS] }),
  claims('a token without an audience', 'audience_refused', { aud: undefined }),
  claims('a token with an empty list of audiences', 'audience_refused', { aud: [] }),
  claims('a token for an audience in a list within a list', 'audience_refused', { aud: [[MCP, ORDERS]] }),
  ['an expired token', 'token_expired', world => world.userToken({ issuedAt: now() - 600, expiresIn: 300 })],
  [
    'an expired token of another audience',
    'token_expired',
    world => world.userToken({ issuedAt: now() - 600, expiresIn: 300, claims: { aud: ORDERS } }),
  ],
  [
    'an expired token that lacks the scope too',
    'token_expired',
    world => world.userToken({ issuedAt: now() - 600, expiresIn: 300, scope: 'billing:read' }),
  ],
  claims('a token that expires in this second', 'token_expired', { exp: now() }),
  claims('a token that never expires', 'claim_missing', { exp: undefined }),
  claims('a token whose expiry is text', 'claim_invalid', { exp: '9999999999' }),
  claims('a token that expires at the end of time', 'token_lifetime_refused', { exp: 1e308 }),
  ['a token that lives too long', 'token_lifetime_refused', world => world.userToken({ expiresIn: 86_401 })],
  ['a token issued in the future', 'token_not_yet_valid', world => world.userToken({ issuedAt: now() + 60 })],
  claims('a token that is valid later', 'token_not_yet_valid', { nbf: now() + 3000 }),
  claims('a token without a time of issue', 'claim_missing', { iat: undefined }),
  claims('a token of an unknown issuer', 'issuer_unknown', { iss: 'https://other.test' }),
  claims('a token without an issuer', 'issuer_unknown', { iss: undefined }),
  claims('a token whose issuer is a list', 'issuer_unknown', { iss: ['https://other.test'] }),
  claims('a token of an issuer named like a part of the language', 'issuer_unknown', { iss: '__proto__' }),
  claims('a token of a tenant that the issuer may not name', 'tenant_refused', { tenant: 'initech' }),
  claims('a token without a tenant', 'tenant_refused', { tenant: undefined }),
  claims('a token that shows neither a user nor a service', 'actor_unclassified', { sub_profile: undefined }),
  claims('a token that shows a user and a service', 'actor_unclassified', { sub: 'desk-copilot' }),
  claims('a subject that turns its line around', 'claim_invalid', { sub: 'alice\u202e' }),
  claims('a subject that ends its line', 'claim_invalid', { sub: 'alice\u2028' }),
  claims('an agent with a control character in its name', 'actor_chain_refused', { act: { sub: 'bot\u0007' } }),
  claims('a token that is bound to a key, without its proof', 'proof_of_possession_invalid', { cnf: { jkt: 'x' } }),
  claims('a token that is bound to a certificate', 'proof_of_possession_unsupported', { cnf: { 'x5t#S256': 'x' } }),
  claims('a token that is bound in two ways', 'proof_of_possession_unsupported', {
    cnf: { jkt: 'x', 'x5t#S256': 'x' },
  }),
  claims('a token that is bound to nothing', 'proof_of_possession_unsupported', { cnf: {} }),
  claims('a token with five actors', 'actor_chain_refused', { act: nested(5) }),
  claims('a token with a nameless actor', 'actor_chain_refused', { act: { client_id: 'x' } }),
  claims('a token whose actor is a list', 'actor_chain_refused', { act: ['agent'] }),
  claims('a token without a subject', 'claim_missing', { sub: undefined }),
  claims('a token with an empty subject', 'claim_invalid', { sub: '' }),
  claims('a token whose subject is an object', 'claim_invalid', { sub: { $ne: '' } }),
  claims('a token whose subject breaks the line', 'claim_invalid', { sub: 'alice\n{"actor_sub":"bob"}' }),
  claims('a token without a client', 'claim_missing', { client_id: undefined }),
  claims('a token whose scope is an object', 'claim_invalid', { scope: { 'orders:read': true } }),
  ['an ID token', 'token_type_refused', world => world.mintIdToken({ sub: 'alice', clientId: 'desk-copilot' })],
  ['an ID token whose audience is ours', 'token_type_refused', world => world.sign({ ...claimsOf(world.userToken()) })],
  ['a logout token', 'token_type_refused', world => world.sign(claimsOf(world.userToken()), { typ: 'logout+jwt' })],
  [
    'a Transaction Token',
    'token_type_refused',
    world => world.sign(claimsOf(world.userToken()), { typ: 'txntoken+jwt' }),
  ],
  [
    'a token of a key that the issuer does not have',
    'key_unknown',
    world => world.sign(claimsOf(world.userToken()), { typ: 'at+jwt', kid: 'another' }),
  ],
  [
    'a token whose claims were exchanged',
    'signature_invalid',
    world => spliced(world.userToken(), world.userToken({ sub: 'bob' })),
  ],
  ['a word', 'token_malformed', () => 'token'],
  ['two parts', 'token_malformed', world => world.userToken().split('.').slice(0, 2).join('.')],
  ['five parts', 'token_malformed', world => `${world.userToken()}.a.b`],
  ['an empty part', 'token_malformed', world => world.userToken().replace(/\.[^.]+\./, '..')],
  [
    'claims that are a list',
    'token_malformed',
    () => `${base64url({ alg: 'ES256', typ: 'at+jwt' })}.${base64url([])}.AAAA`,
  ],
  [
    'claims that are no JSON',
    'token_malformed',
    () => `${base64url({ alg: 'ES256', typ: 'at+jwt' })}.${base64url('{"sub":')}.AAAA`,
  ],
  ['a header that is null', 'token_malformed', () => `${base64url(null)}.${base64url({})}.AAAA`],
];

const spliced = (one: string, other: string): string =>
  [one.split('.')[0], other.split('.')[1], one.split('.')[2]].join('.');

describe.each(ADAPTERS)('on %s', adapter => {
  let world: World;
  let door: DoorApp;

  beforeAll(async () => {
    world = await startWorld();
    door = await startDoor(world, { adapter });
  });
  afterAll(() => Promise.all([door.close(), world.close()]));

  it.each(CASES)('%s is refused like every other, and the audit log alone says %s', async (_what, reason, token) => {
    expect(await door.knock(token(world))).toEqual(refusal(reason));
  });

  it.each(CASES)(
    '%s is refused like every other at the MCP route, and the audit log alone says %s',
    async (_what, reason, token) => {
      expect(await door.knockAtMcp(token(world))).toEqual(refusal(reason, null));
    },
  );

  it('no credential at all gets the same body, and a challenge without an error code', async () => {
    const missing = { ...refusal('credentials_missing'), challenge: BARE_CHALLENGE };
    expect(await door.send([])).toEqual(missing);
    expect(await door.send(['Authorization', 'Basic YWxpY2U6c2VjcmV0'])).toEqual(missing);
    expect(
      await door.send([
        'Txn-Token',
        world.userToken(),
        'X-Access-Token',
        world.userToken(),
        'Cookie',
        `access_token=${world.userToken()}`,
      ]),
    ).toEqual(missing);
  });

  it('a genuine token opens', async () => {
    expect(await door.knock(world.userToken())).toMatchObject({ status: 200, opened: true });
    expect(await door.knock(world.userToken({ claims: { act: nested(4) } }))).toMatchObject({
      status: 200,
      opened: true,
    });
    expect(await door.knockAtMcp(world.userToken())).toMatchObject({
      status: 200,
      records: [{ type: 'mcp.request', actor_sub: 'alice' }],
    });
  });
});
