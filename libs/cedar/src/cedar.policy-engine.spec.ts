import { readFileSync } from 'node:fs';
import { type PolicyQuestion } from 'execution-identity';
import { CedarPolicyEngine } from './cedar.policy-engine.js';
import { type CedarOptions } from './cedar-policies.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const [, policies] = /<!-- policies -->\n```cedar\n(.*?)^```$/ms.exec(readme)! as unknown as [string, string];
const [, schema] = /<!-- schema -->\n```cedarschema\n(.*?)^```$/ms.exec(readme)! as unknown as [string, string];

const ISSUER = 'https://login.shop.example';

interface Changes {
  type?: 'user' | 'service';
  issuer?: string;
  roles?: string[];
  action?: string;
  server?: string;
  context?: Partial<PolicyQuestion['context']>;
}

const asked = ({
  type = 'user',
  issuer = ISSUER,
  roles = ['support'],
  action = 'get_order_status',
  server = 'https://mcp.shop.example',
  context = {},
}: Changes = {}): PolicyQuestion => ({
  subject: { type, id: 'alice', properties: { issuer, tenant: 'acme', roles } },
  action: { name: action },
  resource: { type: 'server', id: server },
  context: {
    agent: {
      id: 'assistant',
      issuer: ISSUER,
      client_id: 'app',
      source: 'act',
      registered: true,
      chain: [{ issuer: ISSUER, sub: 'assistant' }],
    },
    tenant: 'acme',
    scopes: ['orders:read'],
    targets: [{ name: 'orders_api', mode: 'on_behalf_of' }],
    acr: 'gold',
    auth_time: 7,
    ...context,
  },
});
const allows = (options: Partial<CedarOptions>, changes: Changes = {}): Promise<boolean> =>
  new CedarPolicyEngine({ policies: '', ...options }).allows(asked(changes));
const when = (condition: string): Partial<CedarOptions> => ({
  policies: `permit (principal, action, resource) when { ${condition} };`,
});

describe('an engine of Cedar policies', () => {
  it.each<[who: string, is: boolean, changes: Changes]>([
    ['who has the role, through a known agent', true, {}],
    ['who has the role among others', true, { roles: ['sales', 'support'] }],
    ['who has another role', false, { roles: ['supporter'] }],
    ['who has no role', false, { roles: [] }],
    [
      'through an agent that nobody has registered',
      false,
      { context: { agent: { ...asked().context.agent, registered: false } } },
    ],
    ['another tool', false, { action: 'get_order' }],
    [
      'what is forbidden',
      false,
      { context: { tenant: 'globex', agent: { ...asked().context.agent, id: 'desk-copilot' } } },
    ],
    ['a small refund', true, { action: 'refund', context: { arguments: { amount: 100, currency: 'EUR' } } }],
    ['a large refund', false, { action: 'refund', context: { arguments: { amount: 101 } } }],
    ['a refund in a list', false, { action: 'refund' }],
    ['a refund by a service', false, { type: 'service', action: 'refund', context: { arguments: { amount: 1 } } }],
    ['a refund after a weak login', false, { action: 'refund', context: { acr: 'silver', arguments: { amount: 1 } } }],
  ])('decides by the policies of the README: %s, %p', async (_who, is, changes) => {
    // What the schema does not know is no question: it is denied, and not only not permitted.
    const withSchema = await allows({ policies, schema }, changes).catch(() => false);
    expect([await allows({ policies }, changes), withSchema]).toEqual([is, is]);
  });

  it.each<[what: string, condition: string]>([
    ['the issuer and subject', `principal.issuer == "${ISSUER}" && principal.sub == "alice"`],
    ['both together', `principal == User::"${ISSUER} alice"`],
    ['the tenant', 'principal.tenant == "acme" && context.tenant == "acme"'],
    ['the server', 'resource == Server::"https://mcp.shop.example"'],
    ['the agent', `context.agent.id == "assistant" && context.agent.client_id == "app"`],
    ['the chain', `context.agent.chain.contains({ issuer: "${ISSUER}", sub: "assistant" })`],
    ['scopes', 'context.scopes.containsAll(["orders:read"]) && !context.scopes.contains("orders:write")'],
    ['targets and modes', 'context.targets.contains({ name: "orders_api", mode: "on_behalf_of" })'],
    ['the login', 'context.acr == "gold" && context.auth_time == 7'],
    ['that there is no trace in a list', '!(context has trace_id) && !(context has arguments)'],
  ])('shows a policy %s', async (_what, condition) => {
    expect(await allows(when(condition))).toBe(true);
  });

  it('takes the same subject of another issuer, and a service of that name, for somebody else', async () => {
    const options = { policies: `permit (principal == User::"${ISSUER} alice", action, resource);` };
    expect(await allows(options)).toBe(true);
    expect(await allows(options, { issuer: 'https://other.example' })).toBe(false);
    expect(await allows(options, { type: 'service' })).toBe(false);
  });

  it('denies and says which policy failed, where Cedar would skip a forbid that fails', async () => {
    const options = {
      policies: {
        everybody: 'permit (principal, action, resource);',
        'not large': 'forbid (principal, action, resource) when { context.arguments.amount > 100 };',
      },
    };
    expect(await allows(options, { context: { arguments: { amount: 100 } } })).toBe(true);
    await expect(allows(options)).rejects.toMatchObject({ name: 'CedarFailure', code: 'failure_in_not_large' });
  });

  it('denies what its schema does not allow', async () => {
    const unknown = { action: 'purge' };
    const open = { policies: 'permit (principal, action, resource);' };
    expect(await allows(open, unknown)).toBe(true);
    await expect(allows({ ...open, schema }, unknown)).rejects.toMatchObject({ code: 'question_invalid' });
    const wrong = { action: 'refund', context: { arguments: { amount: 'all' } } };
    await expect(allows({ ...open, schema }, wrong)).rejects.toMatchObject({ code: 'question_invalid' });
  });

  describe('shows a policy the arguments as data', () => {
    const sees = (condition: string, args: Record<string, unknown>) =>
      allows(when(condition), { context: { arguments: args } });

    it.each<[condition: string, args: Record<string, unknown>]>([
      ['context.arguments.amount == 5', { amount: 5 }],
      ['context.arguments.amount == -5', { amount: -5 }],
      ['context.arguments.urgent', { urgent: true }],
      ['context.arguments.order.id == "o-1"', { order: { id: 'o-1' } }],
      ['context.arguments.ids.contains("o-1")', { ids: ['o-1', 'o-2'] }],
      ['!(context.arguments has note)', { note: null }],
      ['context.arguments.name == "\\"}; permit"', { name: '"}; permit' }],
    ])('%s', async (condition, args) => {
      expect(await sees(condition, args)).toBe(true);
    });

    it.each<[what: string, args: Record<string, unknown>]>([
      ['an entity', { who: { __entity: { type: 'User', id: `${ISSUER} root` } } }],
      ['an entity in a list', { who: [{ deep: { __entity: { type: 'Role', id: 'admin' } } }] }],
      ['a function', { amount: { __extn: { fn: 'decimal', arg: '1.0' } } }],
      ['an expression', { amount: { __expr: '1 + 1' } }],
      ['a broken number', { amount: 1.5 }],
      ['a number that is too large', { amount: 2 ** 53 }],
      ['null in a list', { ids: [null] }],
      ['no JSON', { amount: 5n }],
      ['more levels than can be read', JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`)],
    ])('and denies %s', async (_what, args) => {
      await expect(sees('true', args)).rejects.toThrow(RangeError);
    });
  });

  it.each<[what: string, options: CedarOptions, message: string | RegExp]>([
    ['no policies', { policies: '' }, /policies must be Cedar text, or texts by their names/],
    ['a list of none', { policies: {} }, /policies must be Cedar text/],
    ['nothing', { policies: undefined as never }, /policies must be Cedar text/],
    [
      'a policy that does not parse',
      { policies: 'permit (principal, action, resource);\n\npermit (principal, actio, resource);' },
      /^CedarPolicyEngine: policies cannot be used:\n {2}- line 3: .*actio/,
    ],
    [
      'a named policy that does not parse',
      { policies: { good: 'permit (principal, action, resource);', bad: 'permit (principal' } },
      /^CedarPolicyEngine: policies cannot be used:\n {2}- .*bad/,
    ],
    [
      'a schema that does not parse',
      { policies, schema: 'entity Role;\nentity User in [Rol];' },
      /^CedarPolicyEngine: schema cannot be used:\n {2}- .*Rol/,
    ],
    [
      'a policy with a member that no context has',
      {
        policies:
          '// é\npermit (principal, action, resource);\npermit (principal, action, resource)\nwhen { context.tennant == "a" };',
        schema,
      },
      /^CedarPolicyEngine: policies cannot be used:\n {2}- line 4: .*policy1.*tennant.*did you mean `tenant`/s,
    ],
    [
      'a policy for an action that is not there',
      { policies: 'permit (principal, action == Action::"get_order_statuss", resource);', schema },
      /^CedarPolicyEngine: policies cannot be used:\n {2}- .*get_order_statuss/,
    ],
  ])('is not constructed with %s', (_what, options, message) => {
    let failure: unknown;
    try {
      new CedarPolicyEngine(options);
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({ name: 'EieConfigurationError', message: expect.stringMatching(message) });
  });

  it('keeps the policies of each engine apart', async () => {
    const [one, other] = ['permit', 'forbid'].map(
      effect => new CedarPolicyEngine({ policies: `${effect} (principal, action, resource);` }),
    );
    expect([await one!.allows(asked()), await other!.allows(asked()), await one!.allows(asked())]).toEqual([
      true,
      false,
      true,
    ]);
  });
});
