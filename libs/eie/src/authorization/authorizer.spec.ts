import {
  type AdmittedIdentity,
  type AuditEvent,
  AuditLog,
  type Diagnostic,
  type PolicyEngine,
  ScopeHierarchy,
} from 'execution-identity';
import { ScopeWords } from '../configuration/scope-words.js';
import { AuditRecorder } from 'execution-identity/internal';
import { Authorizer } from './authorizer.js';
import { handlerPolicy } from './policy-metadata.js';
import { RequireScopes } from './requirements.decorator.js';

class OrderTools {
  @RequireScopes('orders:read')
  status() {}
}

const admitted = (...scopes: string[]): AdmittedIdentity => ({
  actor: { type: 'user', issuer: 'https://as.test', sub: 'alice' },
  agent: { type: 'mcp_agent', issuer: 'https://as.test', id: 'desk', client_id: 'desk', source: 'client', chain: [] },
  authorization: { scopes, confidence: 'verified' },
  issuedAt: 0,
  expiresAt: 1,
});

const execution = {
  entry: {
    type: OrderTools,
    method: 'status',
    name: 'OrderTools.status',
    policy: handlerPolicy(OrderTools, 'status'),
    targets: ['orders_api'],
  },
  handlerName: 'get_order_status',
  traceId: 'a'.repeat(32),
};

let events: AuditEvent[];
let told: Diagnostic[];
let asked: object[];

class Log extends AuditLog {
  async append(event: AuditEvent) {
    events.push(event);
  }
}

/** Decides by this engine, which has 50 ms. */
function authorizer(allows: PolicyEngine['allows'], batches: Pick<PolicyEngine, 'allowsEach'> = {}): Authorizer {
  const diagnostics = { report: (one: Diagnostic) => void told.push(one) };
  const engine: PolicyEngine = {
    deadline: 50,
    allows: (question, signal) => (asked.push(question), allows(question, signal)),
    ...batches,
  };
  const audit = new AuditRecorder(new Log(), () => 0, { report: () => undefined }, 'https://mcp.test');
  return new Authorizer(
    audit,
    { scopeWords: new ScopeWords([]), scopeHierarchy: new ScopeHierarchy() },
    () => 0,
    { engine, resource: 'https://mcp.test', diagnostics },
    { get: name => (name === 'orders_api' ? { name, mode: 'on_behalf_of' } : undefined) },
  );
}

describe('an authorizer with a policy engine', () => {
  beforeEach(() => void ([events, told, asked] = [[], [], []]));

  it('runs what the requirements and the engine both allow, and records no refusal', async () => {
    await authorizer(async () => true).authorize(admitted('orders:read'), execution);
    expect([events, told]).toEqual([[], []]);
  });

  it.each<[what: string, allows: PolicyEngine['allows'], cause: string | null]>([
    ['denies', async () => false, null],
    ['answers what is no boolean', async () => 'true' as never, 'TypeError'],
    ['rejects', () => Promise.reject(new TypeError('alice')), 'TypeError'],
    [
      'throws',
      () => {
        throw new RangeError('alice');
      },
      'RangeError',
    ],
    ['does not answer in time', () => new Promise(() => undefined), 'TimeoutError'],
  ])(
    'refuses when the engine %s: the call, its place in a list, and on the audit log',
    async (_what, allows, cause) => {
      const refused = authorizer(allows);
      const reason = cause === null ? 'policy_denied' : 'policy_unavailable';
      await expect(refused.authorize(admitted('orders:read'), execution)).rejects.toMatchObject({ code: reason });
      expect(events).toMatchObject([
        { type: 'authorization.refused', reason, handler: 'get_order_status', actor_sub: 'alice' },
      ]);
      expect(await refused.allowsEach(admitted('orders:read'), [execution])).toEqual([false]);
      const line = `The policy engine did not decide within 50 ms (${cause}), so "get_order_status" is refused.`;
      expect(told).toEqual(cause === null ? [] : [line, line].map(message => ({ level: 'error', message })));
    },
  );

  it('is never overruled by the engine: what the requirements refuse is refused, and not even asked about', async () => {
    const lenient = authorizer(async () => true);
    await expect(lenient.authorize(admitted('billing:read'), execution)).rejects.toMatchObject({
      code: 'insufficient_scope',
    });
    expect(await lenient.allowsEach(admitted('billing:read'), [execution, execution])).toEqual([false, false]);
    expect(asked).toEqual([]);
  });

  it('asks in AuthZEN 1.0 form about who acts, through whom, with which rights, what for, and nothing else', async () => {
    const { actor, agent, authorization, ...rest } = admitted('orders:read');
    const identity = {
      ...rest,
      actor: { ...actor, tenant: 'acme' },
      agent: { ...agent, source: 'act' as const, chain: [{ issuer: 'https://as.test', sub: 'desk' }] },
      authorization: { ...authorization, roles: ['support'], acr: 'gold', amr: ['pwd'], authenticated_at: 7 },
    };
    await authorizer(async () => true).authorize(identity, { ...execution, arguments: { amount: 5 } });
    const { traceId, ...listed } = execution;
    const question = {
      subject: {
        type: 'user',
        id: 'alice',
        properties: { issuer: 'https://as.test', tenant: 'acme', roles: ['support'] },
      },
      action: { name: 'get_order_status' },
      resource: { type: 'server', id: 'https://mcp.test' },
    };
    const context = {
      agent: {
        id: 'desk',
        issuer: 'https://as.test',
        client_id: 'desk',
        source: 'act',
        registered: false,
        chain: [{ issuer: 'https://as.test', sub: 'desk' }],
      },
      tenant: 'acme',
      scopes: ['orders:read'],
      targets: [{ name: 'orders_api', mode: 'on_behalf_of' }],
      acr: 'gold',
      auth_time: 7,
    };
    expect(asked).toEqual([{ ...question, context: { ...context, trace_id: traceId, arguments: { amount: 5 } } }]);

    asked = [];
    await authorizer(async () => true).allowsEach(identity, [listed]);
    expect(asked).toEqual([{ ...question, context }]);
  });

  it('asks about a list at once where the engine can, and only about what the requirements allow', async () => {
    const lists: string[][] = [];
    const named = (handlerName: string) => ({ ...execution, handlerName });
    const undeclared = { ...named('refund'), entry: { ...execution.entry, policy: { kind: 'none' as const } } };
    const one = authorizer(async () => true, {
      allowsEach: async questions => {
        lists.push(questions.map(({ action }) => action.name));
        return questions.map(({ action }) => action.name !== 'b');
      },
    });
    const allowed = await one.allowsEach(admitted('orders:read'), [named('a'), undeclared, named('b'), named('c')]);
    expect([allowed, lists, asked]).toEqual([[true, false, false, true], [['a', 'b', 'c']], []]);
  });

  it.each<[what: string, allowsEach: NonNullable<PolicyEngine['allowsEach']>]>([
    ['answers with too few decisions', async () => [true]],
    ['answers with too many decisions', async () => [true, true, true]],
    ['answers with no list', async () => 'true,true' as never],
    ['rejects', () => Promise.reject(new TypeError('alice'))],
    ['does not answer in time', () => new Promise(() => undefined)],
  ])('shows nothing of a list when the engine %s', async (_what, allowsEach) => {
    const one = authorizer(async () => true, { allowsEach });
    expect(await one.allowsEach(admitted('orders:read'), [execution, execution])).toEqual([false, false]);
    expect(told).toMatchObject([
      { level: 'error', message: expect.stringContaining('2 handlers of a list are refused') },
    ]);
  });
});
