import { decide } from './decide.js';
import { type PolicyQuestion } from './policy-engine.js';
import { type HandlerPolicy, type Requirement } from './requirement.js';

const identity = (...scopes: string[]): PolicyQuestion['identity'] => ({
  actor: { type: 'user', issuer: 'https://as.test', sub: 'alice' },
  agent: { type: 'mcp_agent', issuer: 'https://as.test', id: 'app', client_id: 'app', source: 'client', chain: [] },
  authorization: { scopes, confidence: 'verified' },
});
const needs = (...requirements: Requirement[]): HandlerPolicy => ({ kind: 'protected', requirements });
const all = (...scopes: string[]): Requirement => ({ kind: 'all_scopes', scopes });
const any = (...scopes: string[]): Requirement => ({ kind: 'any_scope', scopes });

describe('decide', () => {
  it.each<[string, string[], HandlerPolicy]>([
    ['any identity, when nothing in particular is needed', [], needs({ kind: 'authenticated' })],
    ['who holds all scopes', ['a', 'b', 'c'], needs(all('a', 'b'))],
    ['who holds one of several', ['b'], needs(any('a', 'b'))],
    ['who meets every requirement', ['a', 'c'], needs(all('a'), any('b', 'c'), { kind: 'authenticated' })],
  ])('allows %s', async (_who, scopes, policy) => {
    expect(await decide(identity(...scopes), policy, 'tool')).toBeUndefined();
  });

  it.each<[string, string[], HandlerPolicy, string[]]>([
    ['who lacks one scope, naming all of the operation', ['a'], needs(all('a', 'b')), ['a', 'b']],
    ['who holds none of several, naming the first', ['x'], needs(any('a', 'b')), ['a']],
    ['who meets the class and not the method, naming what both need', ['a'], needs(all('b'), all('a')), ['b', 'a']],
    [
      'who meets the choice and not the rest, naming the choice that is held',
      ['b'],
      needs(any('a', 'b'), all('c')),
      ['b', 'c'],
    ],
    ['a scope of another spelling', ['A', 'a ', 'aa'], needs(all('a')), ['a']],
    ['who holds a longer scope of the same beginning', ['orders:read:own'], needs(all('orders:read')), ['orders:read']],
    ['twice the same scope, naming it once', [], needs(all('a'), all('a')), ['a']],
  ])('refuses %s', async (_who, scopes, policy, named) => {
    expect(await decide(identity(...scopes), policy, 'tool')).toMatchObject({
      code: 'insufficient_scope',
      scopes: named,
    });
  });

  it.each<HandlerPolicy>([{ kind: 'none' }, { kind: 'public', reason: 'x' }, { kind: 'dispatcher' }])(
    'refuses a handler without requirements ($kind): there is nothing to decide by',
    async policy => {
      expect(await decide(identity('a'), policy, 'tool')).toMatchObject({ code: 'policy_missing' });
    },
  );
});
