import { CachedPolicyEngine, type DecisionCacheOptions } from './cached.policy-engine.js';
import { type PolicyEngine } from './policy-engine.js';
import { type PolicyQuestion } from './policy-question.js';

const QUESTION: PolicyQuestion = {
  subject: { type: 'user', id: 'alice', properties: { issuer: 'https://as.test', tenant: 'acme', roles: ['support'] } },
  action: { name: 'refund' },
  resource: { type: 'server', id: 'https://mcp.test' },
  context: {
    agent: { id: 'desk', issuer: 'https://as.test', client_id: 'desk', source: 'client', registered: false, chain: [] },
    tenant: 'acme',
    scopes: ['orders:write'],
    targets: [{ name: 'orders_api', mode: 'on_behalf_of' }],
    acr: 'gold',
    auth_time: 7,
    trace_id: 'a'.repeat(32),
    arguments: { amount: 5 },
  },
};
const about = (name: string): PolicyQuestion => ({ ...QUESTION, action: { name } });
const within = (context: Partial<PolicyQuestion['context']>): PolicyQuestion => ({
  ...QUESTION,
  context: { ...QUESTION.context, ...context },
});
const { signal } = new AbortController();

describe('a cache of decisions', () => {
  let now: number;
  let asked: string[];
  let answer: (question: PolicyQuestion) => Promise<boolean>;
  const inner: PolicyEngine = {
    allows: question => (asked.push(question.action.name), answer(question)),
  };
  const cached = (options: Partial<DecisionCacheOptions> = {}, engine = inner) =>
    new CachedPolicyEngine(engine, { lifetime: 1_000, clock: () => now, ...options });

  beforeEach(() => {
    now = 0;
    asked = [];
    answer = async () => true;
  });

  it('asks once within the lifetime, for the same question of another trace, and again after it', async () => {
    const engine = cached();
    expect(await engine.allows(QUESTION, signal)).toBe(true);
    answer = async () => false;
    now = 999;
    expect(await engine.allows(within({ trace_id: 'b'.repeat(32) }), signal)).toBe(true);
    now = 1_000;
    expect(await engine.allows(QUESTION, signal)).toBe(false);
    expect(asked).toEqual(['refund', 'refund']);
  });

  it.each<[what: string, question: PolicyQuestion]>([
    ['subject', { ...QUESTION, subject: { ...QUESTION.subject, id: 'bob' } }],
    ['kind of subject', { ...QUESTION, subject: { ...QUESTION.subject, type: 'service' } }],
    ['issuer', { ...QUESTION, subject: { ...QUESTION.subject, properties: { issuer: 'https://b.test', roles: [] } } }],
    ['server', { ...QUESTION, resource: { type: 'server', id: 'https://other.test' } }],
    ['handler', about('status')],
    ['agent', within({ agent: { ...QUESTION.context.agent, id: 'other' } })],
    ['chain', within({ agent: { ...QUESTION.context.agent, chain: [{ issuer: 'https://as.test', sub: 'desk' }] } })],
    ['tenant', within({ tenant: 'other' })],
    ['scope', within({ scopes: ['orders:read'] })],
    ['mode', within({ targets: [{ name: 'orders_api', mode: 'service_identity' }] })],
    ['kind of login', within({ acr: 'silver' })],
    ['time of login', within({ auth_time: 8 })],
    ['argument', within({ arguments: { amount: 6 } })],
  ])('keeps no decision for another %s', async (_what, question) => {
    const engine = cached();
    await engine.allows(QUESTION, signal);
    answer = async () => false;
    expect(await engine.allows(question, signal)).toBe(false);
  });

  it.each<[what: string, failing: () => Promise<boolean>]>([
    ['rejects', () => Promise.reject(new Error('down'))],
    ['answers what is no decision', async () => 'true' as never],
  ])('keeps nothing when the engine %s', async (_what, failing) => {
    const engine = cached();
    answer = failing;
    await engine.allows(QUESTION, signal).catch(() => undefined);
    answer = async () => true;
    expect(await engine.allows(QUESTION, signal)).toBe(true);
    expect(asked).toHaveLength(2);
  });

  it('forgets the decision that was used least lately when it is full', async () => {
    const engine = cached({ capacity: 2 });
    for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) await engine.allows(about(name), signal);
    expect(asked).toEqual(['a', 'b', 'c', 'b']);
  });

  it('asks for those of a list that it does not know, and gives each its own answer', async () => {
    const lists: string[][] = [];
    const engine = cached(
      {},
      {
        ...inner,
        allowsEach: async questions => {
          lists.push(questions.map(({ action }) => action.name));
          return questions.map(({ action }) => action.name === 'c');
        },
      },
    );
    await engine.allows(about('b'), signal);
    expect(await engine.allowsEach([about('a'), about('b'), about('c')], signal)).toEqual([false, true, true]);
    expect(await engine.allowsEach([about('a'), about('c')], signal)).toEqual([false, true]);
    expect(lists).toEqual([['a', 'c']]);
  });

  it('asks about each of a list where the engine takes one question at a time', async () => {
    answer = async ({ action }) => action.name === 'b';
    expect(await cached().allowsEach([about('a'), about('b')], signal)).toEqual([false, true]);
    expect(asked).toEqual(['a', 'b']);
  });

  it('keeps nothing of a list that has not one answer for each question', async () => {
    const engine = cached({}, { ...inner, allowsEach: async () => [true] });
    await expect(engine.allowsEach([about('a'), about('b')], signal)).rejects.toThrow(TypeError);
    answer = async () => false;
    expect(await engine.allows(about('a'), signal)).toBe(false);
  });

  it('has the deadline of its engine', () => {
    expect([cached().deadline, cached({}, { ...inner, deadline: 50 }).deadline]).toEqual([undefined, 50]);
  });

  it.each<[what: string, options: Partial<DecisionCacheOptions>]>([
    ['no lifetime', { lifetime: undefined as never }],
    ['a lifetime of nothing', { lifetime: 0 }],
    ['a lifetime of more than five minutes', { lifetime: 300_001 }],
    ['a lifetime without end', { lifetime: Infinity }],
    ['no capacity', { capacity: 0 }],
  ])('is refused with %s', (_what, options) => {
    expect(() => cached(options)).toThrow(/^CachedPolicyEngine: \w+ must be a whole number from 1 to /);
  });
});
