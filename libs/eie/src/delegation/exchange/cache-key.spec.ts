import fc from 'fast-check';
import { admittedIdentity } from 'execution-identity/internal/admit';
import { issue } from 'execution-identity/internal/issue';
import { DEFAULT_CLAIM_PATHS, type ExecutionIdentityEnvelope } from 'execution-identity';
import { actorKey, serviceKey, userKey } from './cache-key.js';
import { type Target } from '../targets/target.js';

/** All that makes the token of one call another than that of the next. */
interface Parts {
  mode: Target['mode'];
  issuer: string;
  client: string;
  target: string;
  resource: string;
  audience: string;
  scopes: string[];
  user: string;
  agentClient: string;
  subjectToken: string;
  tenant: string | null;
  chain: { issuer: string; sub: string }[];
}

const envelopeOf = ({ issuer, user, tenant, agentClient, chain }: Parts): ExecutionIdentityEnvelope =>
  issue(
    admittedIdentity({
      actor: { type: 'user', issuer, sub: user, ...(tenant !== null && { tenant }) },
      agent: { type: 'mcp_agent', issuer, id: 'agent', client_id: agentClient, source: 'act', chain },
      authorization: { scopes: [], confidence: 'verified' },
      issuedAt: 1,
      expiresAt: 2,
    }),
    { issuer: 'https://mcp.test', traceId: '0'.repeat(32), targets: [], lifetime: 1, now: 1 },
  );
const targetOf = ({ mode, issuer, client, target, resource, audience, scopes }: Parts): Target => ({
  name: target,
  mode,
  scopes,
  onward: {},
  baseUrl: new URL('https://api.test'),
  issuer,
  resource,
  audience,
  clientId: client,
  exchange: {},
  claims: DEFAULT_CLAIM_PATHS,
  user: { claim: 'sub_profile' },
  actEvidence: 'required',
  external: false,
  timeout: 1000,
});
const idOf = (parts: Parts): string => userKey(envelopeOf(parts), targetOf(parts), parts.scopes, parts.subjectToken).id;

/** Few values, so that parts are often the same; and such as could run into their neighbours, or into nothing. */
const value = fc.constantFrom('a', 'b', 'a","b', 'null', '[]', 'a\u0000', '\ud800', '\ud801', 'undefined', '__proto__');
const scope = fc.constantFrom('orders:read', 'orders:write', 'a', 'b');
const parts: fc.Arbitrary<Parts> = fc.record({
  mode: fc.constantFrom('on_behalf_of', 'restricted_user'),
  issuer: value,
  client: value,
  target: value,
  resource: value,
  audience: value,
  scopes: fc.uniqueArray(scope, { minLength: 1 }),
  user: value,
  agentClient: value,
  subjectToken: fc.constantFrom('a.b.c', 'a.b.d', 'opaque'),
  tenant: fc.option(value),
  chain: fc.array(fc.record({ issuer: value, sub: value }), { maxLength: 2 }),
});
/** Two of them that differ in few parts, or in none. */
const pairs = fc
  .tuple(
    parts,
    parts,
    fc.subarray(
      Object.keys({
        mode: 0,
        issuer: 0,
        client: 0,
        target: 0,
        resource: 0,
        audience: 0,
        scopes: 0,
        user: 0,
        agentClient: 0,
        subjectToken: 0,
        tenant: 0,
        chain: 0,
      }),
      { maxLength: 2 },
    ),
  )
  .map(([one, other, changed]): [Parts, Parts] => [
    one,
    { ...one, ...Object.fromEntries(Object.entries(other).filter(([name]) => changed.includes(name))) },
  ]);
/** The order of scopes means nothing. */
const canonical = (one: Parts): string =>
  JSON.stringify([...Object.entries(one).filter(([name]) => name !== 'scopes'), [...one.scopes].sort()]);

describe('the key of a token', () => {
  it('is shared by two calls if and only if all that makes a token another is the same', () => {
    let same = 0;
    fc.assert(
      fc.property(pairs, ([one, other]) => {
        const isSame = canonical(one) === canonical(other);
        if (isSame) same++;
        expect(idOf(one) === idOf(other)).toBe(isSame);
      }),
      { numRuns: 10_000 },
    );
    expect(same).toBeGreaterThan(1000);
  });

  const [sample] = fc.sample(parts, { numRuns: 1, seed: 1 }) as [Parts];
  const required = ['mode', 'issuer', 'client', 'target', 'resource', 'audience', 'scopes', 'subjectToken'] as const;
  /** Of the envelope, by the names of the principal. */
  const principal = { user: 'sub', agentClient: 'client_id' } as const;

  it.each(required.flatMap(name => [undefined, name === 'scopes' ? [] : ''].map(missing => [name, missing] as const)))(
    'is never made without %s (%j)',
    (name, missing) => {
      const without = { ...sample, [name]: missing ?? (name === 'scopes' ? [] : missing) };
      expect(() => idOf(without)).toThrow(TypeError);
      expect(() => idOf(without)).toThrow(`without "${name}".`);
    },
  );

  it.each(Object.entries(principal).flatMap(([name, part]) => [undefined, ''].map(missing => [part, missing, name])))(
    'is never made without %s (%j)',
    (part, missing, name) => {
      expect(() => idOf({ ...sample, [name!]: missing })).toThrow(
        new TypeError(`A principal has no key without "${part}".`),
      );
    },
  );

  it('tells a tenant that is absent from any that is named', () => {
    const ids = [null, '', 'null', 'undefined', 'a'].map(tenant => idOf({ ...sample, tenant }));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('says whose the token is, so that a revocation finds it', () => {
    const { owner } = userKey(envelopeOf({ ...sample, tenant: 'acme' }), targetOf(sample), ['a'], 'token');
    expect(owner).toEqual({
      issuer: sample.issuer,
      sub: sample.user,
      client_id: sample.agentClient,
      tenant: 'acme',
      agent: { issuer: sample.issuer, id: 'agent' },
      issuedAt: 1,
    });
  });

  it("of this server's own token is never that of a user's, nor that of its token as an actor", () => {
    fc.assert(
      fc.property(parts, one => {
        const ids = [serviceKey(targetOf(one), one.scopes).id, actorKey(targetOf(one), one.resource).id, idOf(one)];
        expect(new Set(ids).size).toBe(3);
      }),
    );
    expect(serviceKey(targetOf(sample), ['a'])).not.toHaveProperty('owner');
    expect(() => serviceKey(targetOf(sample), [])).toThrow('without "scopes"');
    expect(() => actorKey(targetOf(sample), '')).toThrow('without "resource"');
  });

  it('shows no part of the token that came in', () => {
    const token = 'a-token-that-came-in';
    expect(idOf({ ...sample, subjectToken: token })).not.toContain(token);
  });
});
