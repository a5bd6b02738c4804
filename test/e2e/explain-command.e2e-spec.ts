import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { IdentityRevocation } from 'nestjs-eie';
import { runHere } from '../support/command-here.js';
import { runCommand } from '../support/command-line.js';
import {
  DELIVERY,
  engine,
  ISSUER,
  OTHER,
  purges,
  records,
  revocations,
  SHOP,
  tokenWith,
} from '../support/looked-at/explained.js';
import { message, send } from '../support/mcp-messages.js';

const FILE = 'test/support/looked-at/explained.ts';
const APP = ['--app', `${FILE}#Shop`];

type Claims = Record<string, unknown>;

/** Alice of acme through the desk copilot, with both scopes of orders, unless told otherwise. */
const alice = (changes: Claims = {}): Claims => ({
  iss: ISSUER,
  aud: SHOP,
  sub: 'alice',
  sub_profile: 'user',
  tenant: 'acme',
  azp: 'desk-copilot',
  scope: 'orders:read orders:write',
  ...changes,
});
const batch = (changes: Claims = {}): Claims =>
  alice({ sub: 'night-batch', sub_profile: 'service', azp: 'night-batch', ...changes });
const now = (): number => Math.floor(Date.now() / 1000);

describe('nestjs-eie explain', () => {
  let folder: string;
  let app: INestApplication;
  let url: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eie-explain-'));
    const { Shop } = await import('../support/looked-at/explained.js');
    app = await NestFactory.create(Shop, { logger: false });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterAll(async () => {
    await app?.close();
    await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    engine.asked = [];
    engine.isDown = false;
  });

  async function fileOf(claims: unknown): Promise<string> {
    const file = join(folder, 'claims.json');
    await writeFile(file, typeof claims === 'string' ? claims : JSON.stringify(claims));
    return file;
  }
  const explain = async (name: string, claims: unknown, ...args: string[]) =>
    runHere(['explain', name, '--as', await fileOf(claims), ...APP, ...args]);
  const explained = async (name: string, claims: Claims, ...args: string[]): Promise<any> =>
    JSON.parse((await explain(name, claims, '--json', ...args)).output);
  const refusal = async (...asked: Parameters<typeof explained>) => {
    const { allowed, refusal: by } = await explained(...asked);
    return by && { allowed, code: by.code, by: by.operand };
  };

  describe('says of each call what the server that runs says of it:', () => {
    /** What a call with a real token gets, by the audit log. */
    async function called(name: string, claims: Claims): Promise<string> {
      records.events.length = 0;
      const token = await tokenWith(claims);
      const body = message('2026-07-28', 'tools/call', { name });
      if (name === 'OrdersController.list')
        await fetch(`${url}/orders`, { headers: { authorization: `Bearer ${token}` } });
      else await send(url, token, '2026-07-28', body, { path: claims.aud === DELIVERY ? '/delivery' : '/mcp' });
      const [decided] = records.events.filter(({ type }) => /\.refused$|^execution\.intent$/.test(type));
      return decided!.reason ?? 'allowed';
    }
    const foretold = async (name: string, claims: Claims): Promise<string> => {
      const { code, output } = await explain(name, claims, '--json');
      const { refusal: by } = JSON.parse(output);
      expect(code).toBe(by ? 1 : 0);
      return by?.code ?? 'allowed';
    };
    const NAMES = ['read', 'write', 'greet', 'mine', 'batch', 'admin', 'copilot', 'denied', 'OrdersController.list'];
    const CALLERS: Claims[] = ['', 'orders:read', 'orders:write', 'orders:read orders:write other'].flatMap(scope =>
      ['acme', 'globex', 'initech'].flatMap(tenant =>
        ['desk-copilot', 'partner-app', 'night-batch', 'unknown-app'].flatMap(azp =>
          ['user', 'service'].map(sub_profile => alice({ scope, tenant, azp, sub_profile, roles: ['Administrators'] })),
        ),
      ),
    );
    const others = (): [name: string, claims: Claims][] => [
      ['recent', alice({ acr: 'silver', auth_time: now() - 60 })],
      ['recent', alice({ acr: 'silver', auth_time: now() - 6000 })],
      ['recent', alice({ acr: 'bronze', auth_time: now() })],
      ['recent', alice()],
      ['admin', alice({ roles: ['Clerks'] })],
      ['batch', alice()],
      ['mine', batch({ scope: '' })],
      ['erase', alice({ sub_profile: 'service' })],
      ['deliver', alice({ aud: DELIVERY })],
      ['read', alice({ act: { sub: 'partner' }, tenant: 'globex' })],
      ['read', alice({ act: { sub: 'copilot', act: { sub: 'origin' } }, azp: 'unknown-app' })],
      ['read', alice({ act: { sub: 7 } })],
      ['read', alice({ aud: 'https://elsewhere.test' })],
      ['read', alice({ aud: [SHOP, 'https://elsewhere.test'] })],
      ['read', alice({ iss: 'https://elsewhere.test' })],
      ['read', alice({ sub_profile: 'robot' })],
      ['read', alice({ sub: undefined })],
      ['read', alice({ azp: undefined })],
      ['read', alice({ tenant: undefined })],
      ['read', alice({ iat: now() - 600, exp: now() - 300 })],
      ['read', alice({ exp: now() + 100_000_000 })],
      ['read', alice({ iat: now() + 600, exp: now() + 900 })],
      ['read', alice({ cnf: { jwk: {} } })],
      ['read', alice({ azp: 'sourced-app' })],
      ['write', alice({ azp: 'sourced-app' })],
      ['read', alice({ azp: 'sourced-app', tenant: 'globex' })],
      ['read', alice({ sub: 'mallory', iat: now() - 60, exp: now() + 240 })],
      ['track', alice()],
    ];
    /** Each scope, tenant, client and actor, and each handler with callers of all kinds; more of them in `npm run test:long`. */
    const STEP = process.env.TEST_LONG ? 3 : 7;
    const COMBINED = CALLERS.filter((_claims, i) => i % STEP === 0).map((claims, i): [name: string, claims: Claims] => [
      NAMES[(i * 7) % NAMES.length]!,
      claims,
    ]);

    it('allowed by the same, refused for the same reason, for each combination of token, agent, tenant and handler', async () => {
      await app.get(IdentityRevocation).purge({ issuer: ISSUER, sub: 'mallory' });
      const [seen, differing] = [new Set<string>(), [] as unknown[]];
      for (const [name, claims] of [...others(), ...COMBINED]) {
        const [real, said] = [await called(name, claims), await foretold(name, claims)];
        seen.add(real);
        if (real !== said) differing.push({ name, claims, real, said });
      }
      expect(differing).toEqual([]);
      for (const one of [
        'allowed',
        'insufficient_scope',
        'agent_not_allowed',
        'tenant_not_allowed',
        'actor_not_allowed',
      ])
        expect(seen).toContain(one);
      for (const one of [
        'insufficient_role',
        'insufficient_login',
        'policy_denied',
        'tenant_refused',
        'token_expired',
        'identity_revoked',
      ])
        expect(seen).toContain(one);
    });
  });

  it('says who acts, through whom, with which rights, and records nothing', async () => {
    const before = [records.starts.length, records.events.length];
    const claims = alice({
      scope: 'orders:read orders:write profile',
      roles: ['Administrators', 'Clerks'],
      sid: 's-7',
      acr: 'silver',
    });
    const { code, output } = await explain('read', claims, '--json');
    expect(output.trimEnd()).not.toContain('\n');
    const { handler, allowed, refusal: by, assumed, identity } = JSON.parse(output);
    expect({ code, allowed, by, assumed }).toEqual({ code: 0, allowed: true, by: null, assumed: ['iat', 'exp'] });
    expect(handler).toEqual({ kind: 'tool', name: 'read', method: 'ShopTools.read', policy: 'protected' });
    expect(identity).toEqual({
      actor: { type: 'user', issuer: ISSUER, sub: 'alice', tenant: 'acme' },
      agent: {
        id: 'copilot',
        issuer: ISSUER,
        client_id: 'desk-copilot',
        source: 'registry',
        registered: true,
        chain: [{ issuer: ISSUER, sub: 'copilot' }],
      },
      scopes: ['orders:read', 'orders:write'],
      dropped: [{ scope: 'profile', by: 'agent' }],
      roles: ['admin'],
      acr: 'silver',
      amr: null,
      authenticated_at: null,
      session_id: 's-7',
    });
    expect([records.starts.length, records.events.length]).toEqual(before);
  });

  it.each<[operand: string, code: string, name: string, claims: Claims]>([
    ['token', 'insufficient_scope', 'write', alice({ scope: 'orders:read' })],
    ['token', 'issuer_unknown', 'read', alice({ iss: 'https://elsewhere.test' })],
    ['token', 'audience_refused', 'deliver', alice()],
    ['agent', 'agent_not_allowed', 'write', alice({ azp: 'partner-app' })],
    ['agent', 'agent_not_allowed', 'read', alice({ azp: 'partner-app', tenant: 'globex' })],
    ['tenant', 'tenant_not_allowed', 'write', alice({ tenant: 'globex' })],
    ['tenant', 'tenant_refused', 'read', alice({ tenant: 'initech' })],
    ['actor', 'actor_not_allowed', 'batch', alice()],
    ['actor', 'insufficient_role', 'admin', alice()],
    ['login', 'insufficient_login', 'recent', alice({ acr: 'silver', auth_time: now() - 6000 })],
    ['policy', 'policy_denied', 'denied', alice()],
  ])('names the %s where it refuses: %s', async (by, code, name, claims) => {
    expect(await refusal(name, claims)).toEqual({ allowed: false, code, by });
    const { output, code: exit } = await explain(name, claims);
    expect(exit).toBe(1);
    expect(output).toMatch(new RegExp(`^REFUSED  ${name} .*\\n {2}by {9}the ${by}: ${code}\\n`));
    expect(output).toMatch(/^ {2}fix {8}\w/m);
  });

  it('names for each scope that is lost the party that takes it away', async () => {
    const { identity } = await explained('greet', alice({ scope: 'orders:write profile', azp: 'partner-app' }));
    expect(identity.scopes).toEqual(['orders:read']);
    expect(identity.dropped).toEqual([
      { scope: 'orders:write', by: 'agent' },
      { scope: 'profile', by: 'agent' },
    ]);
    const elsewhere = await explained('read', alice({ tenant: 'globex' }));
    expect(elsewhere.identity.dropped).toEqual([{ scope: 'orders:write', by: 'tenant' }]);
    expect((await explain('greet', alice({ scope: 'orders:write', azp: 'partner-app' }))).output).toContain(
      'orders:write is taken away by the agent',
    );
  });

  describe('of the targets of a handler', () => {
    const targets = async (claims: Claims): Promise<Record<string, any>> =>
      Object.fromEntries((await explained('track', claims)).targets.map((one: { name: string }) => [one.name, one]));

    it('says what each API would see: whose token, who acts, which rights, which headers, and no credential', async () => {
      const { orders_api, billing_api, legacy_api, mail_api } = await targets(alice());
      expect(orders_api).toMatchObject({ mode: 'on_behalf_of', allowed: true, refusal: null });
      const server = { issuer: ISSUER, sub: 'mcp-server' };
      expect(orders_api.call.token).toMatchObject({
        issuer: ISSUER,
        client_id: 'mcp-server',
        audience: 'https://orders.shop.test',
        scopes: ['orders:read'],
        subject: { user: 'alice', tenant: 'acme' },
        actors: [server],
        act_evidence: 'required',
      });
      expect(orders_api.call.txn_token).toEqual({
        sub: 'alice',
        tenant: 'acme',
        client_id: 'desk-copilot',
        actors: [{ issuer: ISSUER, sub: 'copilot' }],
        scopes: ['orders:read'],
        allowed: ['orders_api', 'stock_api'],
        onward: { stock_api: ['orders:read'] },
      });
      expect(orders_api.call.headers).toEqual(expect.arrayContaining(['authorization', 'txn-token', 'traceparent']));
      expect(billing_api.call.token).toMatchObject({
        subject: { client: 'mcp-server' },
        actors: [],
        scopes: ['orders:write'],
      });
      expect(billing_api.call.txn_token).toMatchObject({ sub: 'alice', scopes: ['orders:write'] });
      expect(legacy_api.call).toMatchObject({ token: { subject: { user: 'alice' }, actors: [] }, txn_token: null });
      expect(legacy_api.call.headers).toEqual(['authorization', 'traceparent']);
      expect(mail_api.call).toMatchObject({ token: null, txn_token: null, headers: ['x-api-key', 'traceparent'] });
    });

    it('puts the agents that the token names under this server', async () => {
      const { orders_api, legacy_api } = await targets(alice({ act: { sub: 'copilot', act: { sub: 'origin' } } }));
      const subs = (actors: { sub: string }[]) => actors.map(({ sub }) => sub);
      expect(subs(orders_api.call.token.actors)).toEqual(['mcp-server', 'copilot', 'origin']);
      expect(subs(legacy_api.call.token.actors)).toEqual(['copilot', 'origin']);
    });

    it('names who refuses one, while the handler is allowed', async () => {
      const of = async (claims: Claims) =>
        Object.values(await targets(claims)).map(({ refusal: by }) => (by ? `${by.operand}: ${by.code}` : 'allowed'));
      expect(await of(alice({ azp: 'partner-app' }))).toEqual([
        'allowed',
        ...Array(3).fill('agent: agent_not_allowed'),
      ]);
      const empty = (operand: string) => ['allowed', `${operand}: delegation_scope_empty`, 'allowed', 'allowed'];
      expect(await of(alice({ scope: 'orders:read' }))).toEqual(empty('token'));
      expect(await of(alice({ azp: 'unknown-app' }))).toEqual(empty('agent'));
      const forNobody = 'actor: delegation_requires_user';
      expect(await of(alice({ sub_profile: 'service' }))).toEqual([forNobody, 'allowed', forNobody, 'allowed']);
      const { code, output } = await explain('track', alice({ scope: 'orders:read' }));
      expect(code).toBe(0);
      expect(output).toMatch(
        /^Target billing_api \(service_identity\): REFUSED\n {2}by {9}the token: delegation_scope/m,
      );
    });
  });

  describe('of a policy engine', () => {
    it('asks it as a call does, and not where the requirements refuse', async () => {
      expect(await explained('read', alice())).toMatchObject({ policyEngine: 'allows' });
      expect(engine.asked).toEqual([
        expect.objectContaining({ action: { name: 'read' }, subject: expect.objectContaining({ id: 'alice' }) }),
      ]);
      expect(await explained('write', alice({ scope: '' }))).toMatchObject({ policyEngine: 'not_asked' });
      expect(engine.asked).toHaveLength(1);
    });

    it('says that it cannot be reached, and that every call is denied then', async () => {
      engine.isDown = true;
      expect(await explained('read', alice())).toMatchObject({ allowed: false, policyEngine: 'unreachable' });
      expect((await explain('read', alice())).output).toContain('did not answer');
      engine.isDown = false;
      expect(await explained('denied', alice())).toMatchObject({ policyEngine: 'denies' });
    });

    it('does not ask one that decides by arguments, and says so; and says who must approve the call', async () => {
      const { code, output } = await explain('refund', alice());
      expect(code).toBe(0);
      expect(output).toMatch(/^ALLOWED once it is approved {2}refund/);
      expect(output).toMatch(/may\s+still\s+deny/);
      expect(output).toMatch(/approval +Each call is approved by another user: Money leaves the shop\./);
      expect(output).toMatch(/data about +customer_id: Whom the refund is for\./);
      expect(engine.asked).toEqual([]);
      expect(await explained('refund', alice())).toMatchObject({
        policyEngine: 'needs_arguments',
        approval: { by: 'another', show: ['customer_id'] },
      });
    });
  });

  it('refuses a service a tool that its user must approve, since it has none', async () => {
    const { code, output } = await explain('erase', alice({ sub_profile: 'service' }));
    expect(code).toBe(1);
    expect(output).toMatch(/^REFUSED {2}erase .*\n {2}by {9}the actor: approval_unaskable/);
    expect(output).toMatch(/A service has no user/);
    expect(await explained('erase', alice())).toMatchObject({ allowed: true, approval: { by: 'self' } });
  });

  it('refuses by the claims what the server refuses by them: an ID token, and an opaque token that is not active', async () => {
    const typed = (claims: Claims) => alice({ iss: OTHER, client_id: 'desk', ...claims });
    expect(await refusal('greet', typed({ token_use: 'id' }))).toMatchObject({ code: 'token_type_refused' });
    expect(await refusal('greet', typed({}))).toMatchObject({ code: 'token_type_refused' });
    expect(await refusal('greet', typed({ token_use: 'access' }))).toBeNull();
    expect(await refusal('read', alice({ active: false }))).toMatchObject({ code: 'token_inactive' });
    expect(await refusal('read', alice({ active: true, token_use: 'refresh_token' }))).toMatchObject({
      code: 'token_type_refused',
    });
    expect(await explained('read', alice({ active: true }))).toMatchObject({ allowed: true, assumed: ['exp'] });
  });

  it('revokes nobody, though code of the application asks for it', async () => {
    const before = revocations.length;
    purges.isOn = true;
    expect(await explained('read', alice())).toMatchObject({ allowed: true });
    purges.isOn = false;
    expect([purges.code, revocations.length - before]).toEqual(['audit_unavailable', 0]);
  });

  it('takes the client of --agent in place of the one in the claims', async () => {
    const named = async (...args: Parameters<typeof explained>) => (await explained(...args)).identity.agent;
    expect(await named('read', alice(), '--agent', 'partner-app')).toMatchObject({ id: 'partner' });
    expect(await named('read', alice({ azp: undefined }), '--agent', 'desk-copilot')).toMatchObject({ id: 'copilot' });
    const unknown = await named('read', alice(), '--agent', 'unknown-app');
    expect(unknown).toMatchObject({ id: 'unknown-app', source: 'client', registered: false, chain: [] });
    expect(await refusal('write', alice(), '--agent', 'partner-app')).toMatchObject({ by: 'agent' });
  });

  it('takes the times of the claims where they have any: what has expired is refused', async () => {
    const times = { iat: now() - 10, exp: now() + 290 };
    expect(await explained('read', alice(times))).toMatchObject({ allowed: true, assumed: [] });
    expect(await refusal('read', alice({ exp: now() - 1 }))).toMatchObject({ code: 'token_expired' });
    expect(await refusal('read', alice({ iat: now() - 100_000 }))).toMatchObject({ code: 'token_expired' });
  });

  it('knows HTTP handlers, resources, and what everybody may call', async () => {
    expect(await explained('OrdersController.list', batch())).toMatchObject({
      allowed: true,
      handler: { kind: 'http' },
    });
    expect(await explained('resource:open', alice())).toMatchObject({ allowed: true, handler: { kind: 'resource' } });
    expect(await explained('OrdersController.up', {})).toMatchObject({ allowed: true, identity: null });
    expect((await explain('OrdersController.up', {})).output).toContain('Anybody may call it');
  });

  it('shows no credential, and keeps to 80 columns', async () => {
    const outputs = [
      await explain('track', alice({ tenant: 'globex', scope: 'x' })),
      await explain('track', alice()),
      await explain('recent', alice()),
      await explain('track', alice(), '--json'),
    ].map(({ output }) => output);
    expect(outputs.join('')).not.toMatch(/never-|eyJ/);
    const texts = outputs.filter(text => !text.startsWith('{')).flatMap(text => text.split('\n'));
    expect(texts.filter(line => line.length > 80 && line.trim().includes(' '))).toEqual([]);
  });

  it('answers nothing in an application that serves requests', async () => {
    const { modules } = (app as any).container as { modules: Map<string, { providers: Map<any, { instance: any }> }> };
    const [dryRun] = [...modules.values()].flatMap(({ providers }) =>
      [...providers].flatMap(([token, { instance }]) => (token.name === 'DryRun' ? [instance] : [])),
    );
    const asked = dryRun.explain(dryRun.find('read')[0], { claims: alice() });
    await expect(asked).rejects.toMatchObject({ code: 'identity_forged' });
  });

  it.each<[what: string, name: string, claims: unknown, message: RegExp]>([
    ['a handler that there is not, with those that there are', 'reed', alice(), /no handler "reed"[^]*\n {2}read\n/],
    ['a route that only runs others', 'McpRoute.post', alice(), /no handler/],
    ['a name that several routes have', 'same', alice(), /\n {2}ShopTools\.same\n {2}DeliveryTools\.same/],
    ['a file that holds a token', 'read', 'eyJhbGciOiJFUzI1NiJ9.e30.c2ln', /no JSON object of claims/],
    ['a list', 'read', [alice()], /no JSON object of claims/],
    ['a member that is there twice', 'read', '{"sub":"alice","sub":"bob"}', /no JSON object of claims/],
    ['an agent without a name', 'read', alice(), /--agent needs/],
  ])('exits with 2 for %s', async (what, name, claims, text) => {
    const { code, output, notes } = await explain(
      name,
      claims,
      ...(what.startsWith('an agent') ? ['--agent', ''] : []),
    );
    expect({ code, output }).toEqual({ code: 2, output: '' });
    expect(notes).toMatch(text);
    expect(notes).not.toContain('eyJ');
  });

  it.each<[what: string, args: string[]]>([
    ['no handler', ['explain', '--as', 'claims.json', ...APP]],
    ['two of them', ['explain', 'read', 'write', '--as', 'claims.json', ...APP]],
    ['no claims', ['explain', 'read', ...APP]],
    ['a file that there is not', ['explain', 'read', '--as', 'none.json', ...APP]],
  ])('exits with 2 for %s', async (_what, args) => {
    expect(await runHere(args)).toMatchObject({ code: 2, output: '' });
  });

  it('is told apart by the route: a token for one opens no tool of another', async () => {
    expect(await explained('DeliveryTools.same', alice({ aud: DELIVERY }))).toMatchObject({ allowed: true });
    expect(await refusal('ShopTools.same', alice({ aud: DELIVERY }))).toMatchObject({ code: 'audience_refused' });
  });

  it('is a command of the binary, and exits with 1 where the application would not start', async () => {
    const unsafe = ['--app', 'test/support/looked-at/application.ts#unsafe'];
    const args = ['explain', 'refund', '--as', await fileOf(alice()), ...unsafe];
    const { code, notes } = await runCommand(args, { LOOKED_AT_FOLDER: join(folder, 'log') });
    expect(notes).toContain('Undecided.refund has no identity policy');
    expect(code).toBe(1);
  });
});
