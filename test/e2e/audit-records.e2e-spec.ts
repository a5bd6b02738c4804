import { type ServerResponse } from 'node:http';
import { Controller, Get } from '@nestjs/common';
import {
  type AuditEvent,
  Authenticated,
  DelegatesTo,
  DelegationService,
  type ExecutionIdentityEnvelope,
  Identity,
} from 'nestjs-eie';
import { type DelegatingApp, startDelegating } from '../support/delegating-app.js';
import { type LyingIssuer, startLyingIssuer } from '../support/lying-issuer.js';
import { schemaProblems } from '../support/audit-schema.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { BillingController, billingTarget } from '../support/orders.js';
import { type ReceiverApp, startReceiver } from '../support/receiver-app.js';
import { soundAnswers } from '../support/sound-answers.js';
import { BILLING, MCP, ORDERS, startWorld, type World } from '../support/world.js';

/** Every member of a record, in the order in which a line of the log has them. */
const MEMBERS = [
  'v',
  'id',
  'time',
  'type',
  'service',
  'actor_issuer',
  'actor_sub',
  'actor_type',
  'tenant',
  'agent_issuer',
  'agent_id',
  'agent_chain',
  'client_id',
  'session_id',
  'delegation_mode',
  'delegation_requested',
  'delegation_effective',
  'delegations',
  'delegations_unlisted',
  'handler',
  'target',
  'args_digest',
  'outcome',
  'reason',
  'detail_code',
  'trace_id',
  'envelope_id',
  'intent_id',
  'duration_ms',
  'approval_id',
  'started_by',
  'posture_sha256',
];

@Controller('reads')
@Authenticated()
class Reads {
  constructor(private readonly delegation: DelegationService) {}

  @Get('nothing')
  nothing() {}

  @Get('one')
  @DelegatesTo('orders_api')
  one(@Identity() identity: ExecutionIdentityEnvelope) {
    return this.#call(identity, ['orders_api']);
  }

  @Get('alike')
  @DelegatesTo('orders_api', 'archive_api')
  alike(@Identity() identity: ExecutionIdentityEnvelope) {
    return this.#call(identity, ['archive_api', 'orders_api', 'archive_api']);
  }

  @Get('different')
  @DelegatesTo('orders_api', 'billing_api')
  different(@Identity() identity: ExecutionIdentityEnvelope) {
    return this.#call(identity, ['orders_api', 'billing_api', 'orders_api']);
  }

  @Get('declared')
  @DelegatesTo('orders_api', 'billing_api')
  declared() {}

  @Get('many')
  @DelegatesTo('billing_api')
  many(@Identity() identity: ExecutionIdentityEnvelope) {
    return this.#call(
      identity,
      Array.from({ length: 103 }, () => 'billing_api'),
    );
  }

  @Get('failing')
  @DelegatesTo('orders_api', 'billing_api')
  async failing(@Identity() identity: ExecutionIdentityEnvelope) {
    await this.#call(identity, ['orders_api']);
    throw new Error('the handler failed');
  }

  async #call(identity: ExecutionIdentityEnvelope, targets: string[]) {
    for (const target of targets)
      await this.delegation
        .for(
          identity,
          target,
        )('/')
        .catch(() => undefined);
  }
}

describe('the audit log', () => {
  let world: World;
  let issuer: LyingIssuer;
  let api: Loopback;
  let app: DelegatingApp;
  let respond: (response: ServerResponse) => unknown;

  beforeAll(async () => {
    [world, issuer] = await Promise.all([startWorld(), startLyingIssuer()]);
    api = await startLoopback((_request, response) => void respond(response));
    const orders = {
      mode: 'on_behalf_of' as const,
      baseUrl: api.url,
      issuer: issuer.issuerOptions.issuer,
      resource: ORDERS,
      scopes: ['orders:read'],
    };
    const targets = {
      orders_api: orders,
      archive_api: orders,
      billing_api: { ...orders, mode: 'service_identity' as const, resource: BILLING },
    };
    app = await startDelegating(world, {
      controllers: [Reads],
      options: { issuers: [{ ...issuer.issuerOptions, agents: { 'desk-copilot': 'agent-desk' } }], targets },
    });
  });
  afterAll(() => Promise.all([app.close(), api.close(), issuer.close(), world.close()]));
  beforeEach(() => {
    issuer.answer = soundAnswers(issuer);
    respond = response => response.end('{}');
    app.auditLog.events.length = 0;
  });

  const events = (prefix: string) => app.auditLog.events.filter(({ type }) => type.startsWith(prefix));
  const get = async (path: string, token?: string) =>
    (
      await fetch(`${app.url}/reads/${path}`, {
        headers: {
          authorization: `Bearer ${token ?? (await issuer.sign({ aud: MCP, scope: 'orders:read', sid: 's-1' }))}`,
        },
      })
    ).status;

  it('has records that are one flat line each, with the same members in the same order, whatever happened', async () => {
    await get('different');
    await get('nothing', 'forged');
    await get('failing');
    const types = new Set(app.auditLog.types());
    expect([...types].sort()).toEqual([
      'admission.refused',
      'delegation.intent',
      'delegation.outcome',
      'execution.intent',
      'execution.outcome',
    ]);
    for (const event of app.auditLog.events) {
      expect(Object.keys(event)).toEqual(MEMBERS);
      expect(schemaProblems({ seq: 0, ...event })).toEqual([]);
      expect(Object.values(event)).not.toContain(undefined);
      expect(JSON.stringify(event)).not.toContain('\n');
    }
  });

  it('names who wrote the record, the agent with its issuer, and the session', async () => {
    await get('one');
    const said = {
      service: MCP,
      actor_issuer: issuer.issuerOptions.issuer,
      actor_sub: 'alice',
      agent_issuer: issuer.issuerOptions.issuer,
      agent_id: 'agent-desk',
      session_id: 's-1',
    };
    expect(app.auditLog.events).toHaveLength(4);
    for (const event of app.auditLog.events) expect(event).toMatchObject(said);
  });

  it('names each agent of a chain, the one that called first, and none where one agent called for the user', async () => {
    await get('nothing');
    await get(
      'nothing',
      await issuer.sign({ aud: MCP, act: { sub: 'router', act: { iss: 'https://bots.test', sub: 'planner' } } }),
    );
    const chain = [
      { issuer: issuer.issuerOptions.issuer, id: 'router' },
      { issuer: 'https://bots.test', id: 'planner' },
    ];
    for (const type of ['execution.intent', 'execution.outcome'] as const)
      expect(events(type).map(({ agent_id, agent_chain }) => [agent_id, agent_chain])).toEqual([
        ['agent-desk', null],
        ['router', chain],
      ]);
  });

  it('tells two agents of one id apart, which different issuers name', async () => {
    const token = await issuer.sign({ aud: MCP, act: { iss: 'https://bots.test', sub: 'agent-desk' } });
    await get('nothing', token);
    await get('nothing');
    expect(events('execution.intent').map(({ agent_issuer, agent_id }) => [agent_issuer, agent_id])).toEqual([
      ['https://bots.test', 'agent-desk'],
      [issuer.issuerOptions.issuer, 'agent-desk'],
    ]);
  });

  it.each([
    ['nothing', null],
    ['one', 'on_behalf_of'],
    ['alike', 'on_behalf_of'],
    ['different', null],
    ['declared', null],
    ['many', 'service_identity'],
  ])('names the one mode of the targets that the handler "%s" declares: %s', async (path, mode) => {
    await get(path);
    expect(events('execution.').map(({ type, delegation_mode }) => [type, delegation_mode])).toEqual([
      ['execution.intent', mode],
      ['execution.outcome', mode],
    ]);
  });

  it('names the mode of each call on its own records', async () => {
    await get('different');
    expect(events('delegation.').map(({ target, delegation_mode }) => [target, delegation_mode])).toEqual([
      ['orders_api', 'on_behalf_of'],
      ['orders_api', 'on_behalf_of'],
      ['billing_api', 'service_identity'],
      ['billing_api', 'service_identity'],
      ['orders_api', 'on_behalf_of'],
      ['orders_api', 'on_behalf_of'],
    ]);
  });

  const orders = { target: 'orders_api', mode: 'on_behalf_of' };
  const archive = { target: 'archive_api', mode: 'on_behalf_of' };
  const billing = { target: 'billing_api', mode: 'service_identity' };
  it.each<[path: string, calls: object[]]>([
    ['nothing', []],
    ['declared', []],
    ['one', [orders]],
    ['alike', [archive, orders, archive]],
    ['different', [orders, billing, orders]],
    ['failing', [orders]],
  ])('lists on the outcome what was really called, in order: "%s"', async (path, calls) => {
    await get(path);
    const [intent, outcome] = events('execution.') as [AuditEvent, AuditEvent];
    expect([intent.delegations, intent.delegations_unlisted]).toEqual([null, null]);
    expect([outcome.delegations, outcome.delegations_unlisted]).toEqual([calls, 0]);
    for (const { delegations } of events('delegation.')) expect(delegations).toBeNull();
  });

  it('lists the first hundred calls of an execution, and counts the rest', async () => {
    await get('many');
    const { delegations, delegations_unlisted } = app.auditLog.last('execution.outcome');
    expect(delegations).toEqual(Array.from({ length: 100 }, () => billing));
    expect(delegations_unlisted).toBe(3);
    expect(events('delegation.intent')).toHaveLength(103);
  });

  it('lists a call once that was sent again with another token, and one that was not answered', async () => {
    let answers = 0;
    respond = response =>
      answers++
        ? response.destroy()
        : response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end();
    await get('one');
    expect(api.requests.length).toBeGreaterThanOrEqual(2);
    expect(app.auditLog.last('delegation.outcome').reason).toBe('target_unavailable');
    expect(app.auditLog.last('execution.outcome').delegations).toEqual([orders]);
  });

  it('lists no call that was refused before anything was sent', async () => {
    const denies = (asked: URLSearchParams) => (asked.has('subject_token') ? { error: 'access_denied' } : undefined);
    issuer.answer = soundAnswers(issuer, { error: denies });
    await get('different');
    expect(events('delegation.intent')).toHaveLength(3);
    expect(app.auditLog.last('execution.outcome').delegations).toEqual([billing]);
  });
});

describe('the audit log of a receiver', () => {
  let world: World;
  let billing: ReceiverApp;
  let app: DelegatingApp;
  beforeAll(async () => {
    world = await startWorld();
    billing = await startReceiver(world, {
      service: 'billing_api',
      resource: BILLING,
      controllers: [BillingController],
    });
    app = await startDelegating(world, {
      options: {
        signing: { keys: world.sealing.keys },
        targets: { billing_api: billingTarget(world, billing.url) },
      },
    });
  });
  afterAll(() => Promise.all([app.close(), billing.close(), world.close()]));

  it('says that it is its own, who acts, and that its handler calls nobody, in whatever mode it was called itself', async () => {
    expect(
      await app.as(world.userToken({ scope: 'billing:read' }), async target => (await target('/balance')).status),
    ).toBe(200);
    const acts = { actor_sub: 'alice', agent_id: 'agent-desk-copilot', handler: 'BillingController.balance' };
    const [intent, outcome] = billing.auditLog.events.filter(({ type }) => type.startsWith('execution'));
    expect(intent).toMatchObject({ ...acts, type: 'execution.intent', service: 'billing_api', delegation_mode: null });
    expect(outcome).toMatchObject({ ...acts, type: 'execution.outcome', service: 'billing_api', delegations: [] });
    expect(outcome!.envelope_id).toBe(app.auditLog.last('execution.outcome').envelope_id);
    expect(app.auditLog.last('execution.outcome').service).toBe(MCP);
  });

  it('says so of what it refuses, too', async () => {
    await fetch(`${billing.url}/balance`, { headers: { authorization: 'Bearer forged' } });
    expect(billing.auditLog.last('admission.refused')).toMatchObject({ service: 'billing_api', actor_sub: null });
  });
});
