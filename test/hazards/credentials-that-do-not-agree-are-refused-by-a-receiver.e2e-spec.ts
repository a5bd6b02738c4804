import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { Controller, Get, Param } from '@nestjs/common';
import {
  type AuditReason,
  Authenticated,
  DelegatesTo,
  DelegationService,
  type ExecutionIdentityEnvelope,
  Identity,
  type TargetOptions,
} from 'nestjs-eie';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { base64url, claimsOf } from '../support/door.js';
import { sendRaw } from '../support/loopback.js';
import { type ReceiverApp, startReceiver } from '../support/receiver-app.js';
import { BILLING, INVOICES, MCP, ORDERS, startWorld, type World } from '../support/world.js';
import { newKeyPair } from '../support/key-pair.js';

const SERVICES = { orders_api: ORDERS, billing_api: BILLING, invoices_api: INVOICES };
type Service = keyof typeof SERVICES;

/** The two credentials of a delegated call. */
interface Pair {
  access: string;
  txn: string;
}

@Controller('call')
class Caller {
  constructor(private readonly delegation: DelegationService) {}

  @Get(':target')
  @Authenticated()
  @DelegatesTo('orders_api', 'billing_api', 'invoices_api')
  async call(@Param('target') target: string, @Identity() identity: ExecutionIdentityEnvelope) {
    return (await this.delegation.for(identity, target)('/seen')).json();
  }
}

@Controller('seen')
class Seen {
  @Get()
  @Authenticated()
  seen(@Identity() { actor, agent, delegation }: ExecutionIdentityEnvelope) {
    return { sub: actor.sub, agent: agent.id, mode: delegation.mode };
  }
}

describe.each(ADAPTERS)('a receiver on %s', adapter => {
  let world: World;
  let shop: TestApp;
  let ahead = 0;
  const receivers = {} as Record<Service, ReceiverApp>;

  beforeAll(async () => {
    world = await startWorld();
    for (const [service, resource] of Object.entries(SERVICES) as [Service, string][]) {
      receivers[service] = await startReceiver(world, {
        adapter,
        service,
        resource,
        controllers: [Seen],
        options: { ports: { clock: () => Date.now() + ahead * 1000 } },
      });
    }
    const target = (service: Service, rest: Pick<TargetOptions, 'mode' | 'scopes' | 'reason'>) => ({
      baseUrl: receivers[service].url,
      issuer: world.issuer,
      resource: SERVICES[service],
      ...rest,
    });
    const targets = {
      orders_api: target('orders_api', { mode: 'on_behalf_of', scopes: ['orders:read'] }),
      billing_api: target('billing_api', { mode: 'service_identity', scopes: ['billing:read'] }),
      invoices_api: target('invoices_api', {
        mode: 'restricted_user',
        scopes: ['invoices:read'],
        reason: 'cannot read the act claim',
      }),
    };
    shop = await startApp(world, {
      adapter,
      controllers: [Caller],
      options: { targets, signing: { keys: world.sealing.keys } },
    });
  });
  afterAll(() => Promise.all([shop, world, ...Object.values(receivers)].map(one => one.close())));
  afterEach(() => void (ahead = 0));

  /** What a genuine call of this user carries to this service. */
  async function genuine(service: Service, sub = 'alice', clientId = 'desk-copilot'): Promise<Pair> {
    const token = world.userToken({ sub, clientId, scope: 'orders:read billing:read invoices:read' });
    const answer = await fetch(`${shop.url}/call/${service}`, { headers: { authorization: `Bearer ${token}` } });
    expect(await answer.json()).toMatchObject({ sub });
    const { authorization, 'txn-token': txn } = receivers[service].received.at(-1)!;
    return { access: authorization!.slice('Bearer '.length), txn: txn as string };
  }

  async function present(service: Service, { access, txn }: { access: string; txn: string | string[] }) {
    const from = receivers[service].auditLog.events.length;
    const headers = ['Authorization', `Bearer ${access}`, ...[txn].flat().flatMap(one => ['Txn-Token', one])];
    const { status, body } = await sendRaw(`${receivers[service].url}/seen`, { headers });
    return { status, body, records: receivers[service].auditLog.events.slice(from) };
  }

  const refused = (reason: AuditReason) => ({
    status: 401,
    body: '{"statusCode":401,"message":"Unauthorized"}',
    records: [
      expect.objectContaining({
        type: 'admission.refused',
        reason,
        outcome: 'refused',
        actor_sub: null,
        actor_issuer: null,
        tenant: null,
        agent_id: null,
        client_id: null,
      }),
    ],
  });

  /** A Txn-Token with other claims, sealed by the MCP server's own key unless by another. */
  function resealed(
    txn: string,
    claims: object,
    header: object = {},
    key: KeyObject = createPrivateKey({ key: world.sealing.keys[0] as never, format: 'jwk' }),
  ): string {
    const input = `${base64url({ typ: 'txntoken+jwt', alg: 'ES256', kid: 'seal-1', ...header })}.${base64url({ ...claimsOf(txn), ...claims })}`;
    return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  }

  it.each(Object.keys(SERVICES) as Service[])('%s lets the genuine pair in', async service => {
    const { status, body } = await present(service, await genuine(service));
    expect([status, JSON.parse(body)]).toEqual([200, expect.objectContaining({ sub: 'alice' })]);
  });

  it.each(['orders_api', 'invoices_api'] as Service[])(
    "%s refuses one user's access token with another user's Txn-Token, both ways",
    async service => {
      const [alice, bob] = [await genuine(service), await genuine(service, 'bob')];
      expect(await present(service, { access: alice.access, txn: bob.txn })).toEqual(refused('credential_mismatch'));
      expect(await present(service, { access: bob.access, txn: alice.txn })).toEqual(refused('credential_mismatch'));
    },
  );

  it('refuses a Txn-Token of the same user through another agent', async () => {
    const [desk, assistant] = [await genuine('orders_api'), await genuine('orders_api', 'alice', 'assistant')];
    expect(await present('orders_api', { access: desk.access, txn: assistant.txn })).toEqual(
      refused('credential_mismatch'),
    );
    expect(await present('orders_api', { access: assistant.access, txn: desk.txn })).toEqual(
      refused('credential_mismatch'),
    );
  });

  it('refuses the service token of a client that is not the sealing server', async () => {
    const { access, txn } = await genuine('billing_api');
    const foreign = world.sign(
      { ...claimsOf(access), sub: 'night-batch', client_id: 'night-batch' },
      { typ: 'at+jwt' },
    );
    expect(await present('billing_api', { access: foreign, txn })).toEqual(refused('credential_mismatch'));
  });

  it('refuses an access token that the user got by other ways than the sealing server', async () => {
    const { txn } = await genuine('orders_api');
    expect(await present('orders_api', { access: world.userToken({ resource: ORDERS }), txn })).toEqual(
      refused('credential_mismatch'),
    );
  });

  it.each([
    ['of another mode', (txn: string) => ({ tctx: { eie: { ...claimsOf(txn).tctx.eie, mode: 'service_identity' } } })],
    ['of another tenant', () => ({ tenant: 'globex' })],
    ['of a user of another issuer', (txn: string) => ({ rctx: { ...claimsOf(txn).rctx, idp: 'https://other.test' } })],
    ['of a service of the same name', () => ({ sub_profile: 'service' })],
  ])('refuses a Txn-Token %s, well sealed as it may be', async (_what, change) => {
    const { access, txn } = await genuine('orders_api');
    expect(await present('orders_api', { access, txn: resealed(txn, change(txn)) })).toEqual(
      refused('credential_mismatch'),
    );
  });

  it('refuses a Txn-Token that names another service, and the whole pair of another service', async () => {
    const [orders, billing] = [await genuine('orders_api'), await genuine('billing_api')];
    expect(await present('orders_api', { access: orders.access, txn: billing.txn })).toEqual(
      refused('service_not_named'),
    );
    expect(await present('orders_api', billing)).toEqual(refused('audience_refused'));
  });

  it("refuses each of the two in the other's place, and one for both", async () => {
    const { access, txn } = await genuine('orders_api');
    expect(await present('orders_api', { access: txn, txn: access })).toEqual(refused('issuer_unknown'));
    expect(await present('orders_api', { access: txn, txn })).toEqual(refused('issuer_unknown'));
    expect(await present('orders_api', { access, txn: access })).toEqual(refused('txn_token_invalid'));
  });

  it('refuses one without the other, and two Txn-Tokens as a malformed request', async () => {
    const { access, txn } = await genuine('orders_api');
    expect(await present('orders_api', { access, txn: [] })).toEqual(refused('txn_token_missing'));
    expect(await present('orders_api', { access, txn: [txn, txn] })).toMatchObject({
      status: 400,
      records: [{ reason: 'request_malformed', actor_sub: null }],
    });
  });

  it('refuses an expired Txn-Token, though the access token still lives', async () => {
    const pair = await genuine('orders_api');
    ahead = 61;
    expect(await present('orders_api', pair)).toEqual(refused('txn_token_expired'));
  });

  it.each<[string, (txn: string) => string]>([
    [
      'with other claims under the old signature',
      txn => [txn.split('.')[0], base64url({ ...claimsOf(txn), sub: 'bob' }), txn.split('.')[2]].join('.'),
    ],
    ['without a signature', txn => `${base64url({ typ: 'txntoken+jwt', alg: 'none' })}.${txn.split('.')[1]}.`],
    ["of a stranger's key under the server's kid", txn => resealed(txn, {}, {}, newKeyPair().privateKey)],
    [
      'of the authorization server',
      txn => world.sign({ ...claimsOf(txn), iss: world.issuer }, { typ: 'txntoken+jwt' }),
    ],
    ["of the authorization server in the MCP server's name", txn => world.sign(claimsOf(txn), { typ: 'txntoken+jwt' })],
    ['of an unknown server', txn => resealed(txn, { iss: 'https://other.test' })],
    ['of another trust domain', txn => resealed(txn, { aud: 'other.test' })],
    ['of another type', txn => resealed(txn, {}, { typ: 'at+jwt' })],
    ['without a type', txn => resealed(txn, {}, { typ: undefined })],
    ['of another format version', txn => resealed(txn, { tctx: { eie: { ...claimsOf(txn).tctx.eie, v: 2 } } })],
    ['that another workload asked for', txn => resealed(txn, { req_wl: ORDERS })],
    ['of the future', txn => resealed(txn, { iat: claimsOf(txn).iat + 60 })],
    ['that is not valid yet', txn => resealed(txn, { nbf: claimsOf(txn).iat + 60 })],
    ['that lives for more than 300 seconds', txn => resealed(txn, { exp: claimsOf(txn).iat + 301 })],
    ['that never expires', txn => resealed(txn, { exp: undefined })],
    [
      'with five agents',
      txn =>
        resealed(txn, {
          act: [1, 2, 3, 4, 5].reduce<object | undefined>(
            (act, n) => ({ iss: MCP, sub: `agent-${n}`, act }),
            undefined,
          ),
        }),
    ],
    ['that is a word', () => 'word'],
  ])('refuses a Txn-Token %s', async (_what, change) => {
    const { access, txn } = await genuine('orders_api');
    expect(await present('orders_api', { access, txn: change(txn) })).toEqual(refused('txn_token_invalid'));
  });

  it("the test's own sealing makes a Txn-Token that passes when nothing is changed", async () => {
    const { access, txn } = await genuine('orders_api');
    expect(await present('orders_api', { access, txn: resealed(txn, {}) })).toMatchObject({ status: 200 });
  });
});
