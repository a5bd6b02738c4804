import { type AccessToken } from '../token/access-token.js';
import { type IssuerPolicy } from '../token/issuer-policy.js';
import { assertEnvelope, ExecutionIdentityEnvelope } from './execution-identity-envelope.js';
import { assertLive } from './identity-expiry.js';
import { admit, admittedAgain, admittedAs, suppose } from './admitted-identity.js';
import { configuredIdentity } from './configured-identity.js';
import { inboundChain, narrow, type TargetGrant } from './narrow.js';
import { issue } from './issue.js';

const NOW = 1_800_000_000;
const AS = 'https://as.test';
const policy = (changes: Partial<IssuerPolicy> = {}) =>
  ({ issuer: AS, agents: new Map([['desk', { id: 'agent-desk' }]]), ...changes }) as IssuerPolicy;
const token = (changes: Partial<AccessToken> = {}): AccessToken => ({
  issuer: AS,
  sub: 'alice',
  type: 'user',
  audience: [],
  clientId: 'desk',
  scopes: ['a', 'b'],
  act: [],
  confidence: 'verified',
  issuedAt: 0,
  expiresAt: NOW + 120,
  ...changes,
});
const target = (name: string, changes: Partial<TargetGrant> = {}): TargetGrant => ({
  name,
  mode: 'on_behalf_of',
  scopes: ['a', 'c'],
  onward: {},
  ...changes,
});
const issued = (targets: TargetGrant[] = [], lifetime = 300, changes: Partial<AccessToken> = {}) =>
  issue(admit(token(changes), policy()), { issuer: 'https://mcp.test', traceId: 't', targets, lifetime, now: NOW });

it('an envelope is issued for nothing that looks like an admitted identity and is none', () => {
  const identity = admit(token(), policy());
  const execution = { issuer: 'https://mcp.test', traceId: 't', targets: [], lifetime: 300, now: NOW };
  for (const forged of [{ ...identity }, Object.create(identity) as typeof identity, structuredClone(identity)])
    expect(() => issue(forged, execution)).toThrow(expect.objectContaining({ code: 'identity_forged' }));
  expect(() => Object.assign(identity, { actor: { sub: 'the-ceo' } })).toThrow(TypeError);
  expect(issue(identity, execution).actor.sub).toBe('alice');
});

it('an envelope is issued for no identity that is only supposed, nor for what is made of one', () => {
  const identity = suppose(token(), policy());
  const execution = { issuer: 'https://mcp.test', traceId: 't', targets: [], lifetime: 300, now: NOW };
  const found = [{ id: 'bot', scopes: ['a'] }];
  expect(identity).toEqual(admit(token(), policy()));
  for (const supposed of [identity, admittedAgain(identity), admittedAs(identity, found, policy())])
    expect(() => issue(supposed, execution)).toThrow(expect.objectContaining({ code: 'identity_forged' }));
});

describe('admit', () => {
  it('finds the agent in act, else in the registry, else lets the client stand in for it', () => {
    const act = [
      { issuer: 'https://bots.test', sub: 'bot' },
      { issuer: AS, sub: 'origin' },
    ];
    expect(admit(token({ act }), policy()).agent).toEqual({
      type: 'mcp_agent',
      issuer: 'https://bots.test',
      id: 'bot',
      client_id: 'desk',
      source: 'act',
      chain: act,
    });
    expect(admit(token(), policy()).agent).toEqual({
      type: 'mcp_agent',
      issuer: AS,
      id: 'agent-desk',
      client_id: 'desk',
      source: 'registry',
      chain: [{ issuer: AS, sub: 'agent-desk' }],
      registered: true,
    });
    expect(admit(token({ clientId: 'x' }), policy()).agent).toEqual({
      type: 'mcp_agent',
      issuer: AS,
      id: 'x',
      client_id: 'x',
      source: 'client',
      chain: [],
    });
  });

  it('leaves a client without an agent no more scopes than such clients may have, and takes none from a known agent', () => {
    const ceiling = policy({ unregisteredScopes: ['b', 'c'] });
    expect(admit(token({ clientId: 'x' }), policy()).authorization.scopes).toEqual(['a', 'b']);
    expect(admit(token({ clientId: 'x' }), ceiling).authorization.scopes).toEqual(['b']);
    expect(admit(token({ clientId: 'x' }), policy({ unregisteredScopes: [] })).authorization.scopes).toEqual([]);
    expect(admit(token(), ceiling).authorization.scopes).toEqual(['a', 'b']);
    const act = (sub: string, issuer = AS) => token({ clientId: 'x', act: [{ issuer, sub }] });
    expect(admit(act('bot'), ceiling).authorization.scopes).toEqual(['b']);
    const [registered] = ceiling.agents.values();
    expect(admit(act(registered!.id), ceiling).authorization.scopes).toEqual(['a', 'b']);
    expect(admit(act(registered!.id, 'https://other.test'), ceiling).authorization.scopes).toEqual(['b']);
  });

  it('invents nothing: what the token does not say is absent', () => {
    const admitted = admit(token(), policy());
    expect(Object.keys(admitted.actor)).toEqual(['type', 'issuer', 'sub']);
    expect(admitted.authorization).toEqual({ scopes: ['a', 'b'], confidence: 'verified' });
    expect(admitted).not.toHaveProperty('sessionId');
  });
});

describe('configuredIdentity', () => {
  const configured = {
    issuer: AS,
    sub: 'alice',
    type: 'user' as const,
    clientId: 'desk',
    agent: 'agent-desk',
    scopes: ['a'],
  };

  it('says that nothing but the configuration names its agent, and is frozen in every part', () => {
    const identity = configuredIdentity({ ...configured, tenant: 'acme', roles: ['clerk'] }, NOW);
    expect(identity).toEqual({
      actor: { type: 'user', issuer: AS, sub: 'alice', tenant: 'acme' },
      agent: {
        type: 'mcp_agent',
        issuer: AS,
        id: 'agent-desk',
        client_id: 'desk',
        source: 'configuration',
        chain: [{ issuer: AS, sub: 'agent-desk' }],
        registered: true,
      },
      authorization: { scopes: ['a'], roles: ['clerk'], confidence: 'configured' },
      issuedAt: NOW,
      expiresAt: Infinity,
    });
    const { actor, agent, authorization } = identity;
    for (const part of [identity, actor, agent, agent.chain, agent.chain[0], authorization, authorization.scopes])
      expect(Object.isFrozen(part)).toBe(true);
  });

  it('invents nothing: what is not configured is absent', () => {
    const identity = configuredIdentity(configured, NOW);
    expect(Object.keys(identity.actor)).toEqual(['type', 'issuer', 'sub']);
    expect(Object.keys(identity.authorization)).toEqual(['scopes', 'confidence']);
  });
});

describe('issue', () => {
  it('lives as long as the shorter of the token and the call', () => {
    expect(issued([], 300).meta).toMatchObject({
      version: 1,
      issuer: 'https://mcp.test',
      created_at: NOW,
      expires_at: NOW + 120,
    });
    expect(issued([], 60).meta.expires_at).toBe(NOW + 60);
  });

  it('has an id of its own for each execution', () => {
    expect(issued().meta.id).not.toBe(issued().meta.id);
  });

  it('names the mode of each target, and one for all only where they share it', () => {
    expect(issued([target('one'), target('two')]).delegation).toEqual({
      allowed: ['one', 'two'],
      modes: { one: 'on_behalf_of', two: 'on_behalf_of' },
      mode: 'on_behalf_of',
    });
    expect(issued([target('one'), target('two', { mode: 'restricted_user' })]).delegation).toEqual({
      allowed: ['one', 'two'],
      modes: { one: 'on_behalf_of', two: 'restricted_user' },
    });
    expect(issued().delegation).toEqual({ allowed: [], modes: {} });
  });

  it('is frozen in every part', () => {
    const envelope = issued([target('one')], 300, { act: [{ issuer: AS, sub: 'bot' }], roles: ['r'], amr: ['pwd'] });
    const parts = [
      envelope,
      ...Object.values(envelope),
      ...Object.values(envelope).flatMap(part => Object.values(part as object)),
      ...envelope.agent.chain,
    ];
    for (const part of parts) expect(Object.isFrozen(part)).toBe(true);
    expect(envelope.agent.chain).toHaveLength(1);
    expect(parts).toContain(envelope.delegation.modes);
  });

  it('is an identity until it expires', () => {
    const envelope = issued();
    expect(assertEnvelope(envelope)).toBe(envelope);
    expect(ExecutionIdentityEnvelope.isIssued(narrow(envelope, target('one'), NOW, 60))).toBe(true);
    expect(() => assertLive(envelope, NOW + 119)).not.toThrow();
    expect(() => assertLive(envelope, NOW + 120)).toThrow(expect.objectContaining({ code: 'identity_expired' }));
  });
});

describe('narrow', () => {
  const narrowed = (onward: TargetGrant['onward'], changes: Partial<TargetGrant> = {}) =>
    narrow(issued([target('one'), target('two')]), target('one', { onward, ...changes }), NOW + 100, 60);

  it('never widens: scopes shrink, targets become this one and its onward ones, the expiry does not move out', () => {
    const { authorization, delegation, meta } = narrowed({ three: ['b', 'c'] });
    expect(authorization.scopes).toEqual(['a']);
    expect(delegation).toEqual({
      allowed: ['one', 'three'],
      modes: { one: 'on_behalf_of' },
      mode: 'on_behalf_of',
      onward: { three: ['b'] },
    });
    expect(meta).toMatchObject({ created_at: NOW + 100, expires_at: NOW + 120 });
  });

  it('gives the target no scope that is held for an onward service alone', () => {
    const { authorization, delegation } = narrowed({ three: ['b'] }, { scopes: ['c'] });
    expect(authorization.scopes).toEqual([]);
    expect(delegation.onward).toEqual({ three: ['b'] });
  });

  it('names no onward service for which nothing that is held is left', () => {
    for (const onward of [{}, { three: [] }, { three: ['c'], four: ['d'] }]) {
      const { delegation } = narrowed(onward);
      expect(delegation.allowed).toEqual(['one']);
      expect(delegation).not.toHaveProperty('onward');
    }
  });

  it('names an onward right once, by its name here and not by that of the target', () => {
    const scopeMap = { a: ['One.A'], b: ['One.B'] };
    const { authorization, delegation } = narrowed({ three: ['b', 'a', 'b'] }, { scopes: ['a', 'b'], scopeMap });
    expect(authorization.scopes).toEqual(['One.A', 'One.B']);
    expect(delegation.onward).toEqual({ three: ['a', 'b'] });
  });

  it('leaves nothing of the onward rights open to change, nor a name in them that nobody has put there', () => {
    const { onward } = narrowed({ three: ['b'] }).delegation;
    for (const part of [onward, onward!.three]) expect(Object.isFrozen(part)).toBe(true);
    for (const name of ['constructor', 'toString', '__proto__']) expect(onward![name]).toBeUndefined();
  });
});

describe('inboundChain', () => {
  it('is what the token named: an agent of the registry is not in it', () => {
    expect(inboundChain(issued())).toEqual([]);
    expect(inboundChain(issued([], 300, { act: [{ issuer: AS, sub: 'bot' }] }))).toEqual([{ issuer: AS, sub: 'bot' }]);
  });
});
