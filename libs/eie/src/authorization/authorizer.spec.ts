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
  isAgentRegistered: true,
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
    targets: [],
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
function authorizer(allows: PolicyEngine['allows']): Authorizer {
  const diagnostics = { report: (one: Diagnostic) => void told.push(one) };
  const engine: PolicyEngine = { allows: (question, signal) => (asked.push(question), allows(question, signal)) };
  const audit = new AuditRecorder(new Log(), () => 0, { report: () => undefined }, 'https://mcp.test');
  return new Authorizer(
    audit,
    { scopeWords: new ScopeWords([]), scopeHierarchy: new ScopeHierarchy() },
    { engine, deadline: 50, diagnostics },
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
    ['answers anything but true', async () => 'true' as never, null],
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
      await expect(refused.authorize(admitted('orders:read'), execution)).rejects.toMatchObject({
        code: 'policy_denied',
      });
      expect(events).toMatchObject([
        { type: 'authorization.refused', reason: 'policy_denied', handler: 'get_order_status', actor_sub: 'alice' },
      ]);
      expect(await refused.allows(admitted('orders:read'), execution)).toBe(false);
      const line = `The policy engine did not decide within 50 ms (${cause}), so "get_order_status" is denied.`;
      expect(told).toEqual(cause === null ? [] : [line, line].map(message => ({ level: 'error', message })));
    },
  );

  it('is never overruled by the engine: what the requirements refuse is refused, and not even asked about', async () => {
    const lenient = authorizer(async () => true);
    await expect(lenient.authorize(admitted('billing:read'), execution)).rejects.toMatchObject({
      code: 'insufficient_scope',
    });
    expect(await lenient.allows(admitted('billing:read'), execution)).toBe(false);
    expect(asked).toEqual([]);
  });

  it('asks about who acts, through whom, with which rights, what for, and nothing else', async () => {
    await authorizer(async () => true).authorize(admitted('orders:read'), execution);
    const { actor, agent, authorization } = admitted('orders:read');
    expect(asked).toEqual([
      {
        identity: { actor, agent, authorization },
        operation: 'get_order_status',
        requirements: [{ kind: 'all_scopes', scopes: ['orders:read'] }],
      },
    ]);
  });
});
