import { decide } from './decide.js';
import { type DecidedIdentity } from './policy-question.js';
import { type HandlerPolicy, type Requirement } from './requirement.js';

const identity = (...scopes: string[]): DecidedIdentity => ({
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

  const role = (...roles: string[]): Requirement => ({ kind: 'any_role', roles });
  it.each<[who: string, roles: string[] | undefined, policy: HandlerPolicy, code: string | undefined]>([
    ['allows who has one of the roles', ['clerk', 'x'], needs(role('clerk', 'admin')), undefined],
    ['refuses who has another role', ['x'], needs(role('clerk')), 'insufficient_role'],
    ['refuses who has a role of another spelling', ['Clerk'], needs(role('clerk')), 'insufficient_role'],
    [
      'refuses who has one role of two requirements',
      ['clerk'],
      needs(role('clerk'), role('admin')),
      'insufficient_role',
    ],
    ['refuses who has no roles at all', undefined, needs(role('clerk')), 'insufficient_role'],
    [
      'names the scope first, for which a client can ask',
      undefined,
      needs(role('clerk'), all('b')),
      'insufficient_scope',
    ],
  ])('%s', async (_who, roles, policy, code) => {
    const { authorization, ...who } = identity('a');
    const refusal = await decide(
      { ...who, authorization: { ...authorization, ...(roles && { roles }) } },
      policy,
      'tool',
    );
    expect(refusal?.code).toBe(code);
    if (code === 'insufficient_role') expect(refusal?.scopes).toEqual([]);
  });

  it.each<HandlerPolicy>([{ kind: 'none' }, { kind: 'public', reason: 'x' }, { kind: 'dispatcher' }])(
    'refuses a handler without requirements ($kind): there is nothing to decide by',
    async policy => {
      expect(await decide(identity('a'), policy, 'tool')).toMatchObject({ code: 'policy_missing' });
    },
  );
});
