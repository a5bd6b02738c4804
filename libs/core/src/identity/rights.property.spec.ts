import { unmetRequirement } from '../policy/unmet-requirement.js';
import { type RegisteredAgent, type TenantCeiling } from '../token/ceiling.js';
import { type AccessToken } from '../token/access-token.js';
import { issuerPolicy } from '../token/given-policy.js';
import { remoteKeys } from '../token/key-source.js';
import { ScopeHierarchy } from '../token/scope-hierarchy.js';
import { restrict } from '../txn/open.js';
import { admit, admittedAs } from './admitted-identity.js';
import { issue } from './issue.js';
import { narrow } from './narrow.js';

/** All of them in `npm run test:long`. */
const LATTICES = process.env.TEST_LONG ? 100_000 : 10_000;
const AS = 'https://as.test';
/** Never asked. */
const KEYS = remoteKeys(`${AS}/jwks`);
const SCOPES = ['a', 'b', 'c', 'd', 'e', '__proto__', 'constructor'];
const TOOLS = ['read', 'write', 'refund'];
const ONWARD = ['archive', 'ledger', '__proto__'];
const NOW = 1_800_000_000;

/** A generator of numbers below 1 that says the same each time: mulberry32. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Implied = Record<string, string[]>;

/** All that scopes imply, found as slowly as it can be: until nothing is added any more. */
function closure(scopes: readonly string[], implied: Implied): Set<string> {
  const found = new Set(scopes);
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const [scope, more] of Object.entries(implied)) if (found.has(scope)) for (const one of more) found.add(one);
  }
  return found;
}

/** One random lattice: what is implied, what the token grants, and what agent and tenant allow. */
function lattice(seed: number) {
  const next = numbers(seed);
  const some = (from: readonly string[], share: number): string[] => from.filter(() => next() < share);
  const maybe = <T>(share: number, make: () => T): T | undefined => (next() < share ? make() : undefined);
  const implied: Implied = Object.fromEntries(some(SCOPES, 0.4).map(scope => [scope, some(SCOPES, 0.3)]));
  const ceiling = () => ({
    ...maybe(0.7, () => ({ scopes: some(SCOPES, 0.5) })),
    ...maybe(0.4, () => ({ tools: some(TOOLS, 0.6) })),
    ...maybe(0.4, () => ({ targets: some(ONWARD, 0.6) })),
  });
  const agent: RegisteredAgent = {
    id: 'bot',
    ...ceiling(),
    ...maybe(0.2, () => ({ tenants: some(['acme', 'globex'], 0.6) })),
  };
  const tenant: TenantCeiling | undefined = maybe(0.6, () => ({
    ...ceiling(),
    ...maybe(0.2, () => ({ agents: some(['bot', 'cat'], 0.6) })),
  }));
  const isRegistered = next() < 0.8;
  return {
    implied,
    agent,
    tenant,
    isRegistered,
    isFound: next() < 0.3,
    unregistered: maybe(0.7, () => some(SCOPES, 0.5)),
    granted: some(SCOPES, 0.6),
    required: some(SCOPES, 0.4),
    tool: TOOLS[Math.floor(next() * TOOLS.length)]!,
    sealed: some(SCOPES, 0.6),
    received: some(SCOPES, 0.6),
  };
}

type Lattice = ReturnType<typeof lattice>;

function identityIn({ implied, agent, tenant, isRegistered, isFound, unregistered, granted }: Lattice) {
  const policy = issuerPolicy({
    issuer: AS,
    keys: KEYS,
    algorithms: ['RS256'],
    audience: ['https://mcp.test'],
    user: { claim: 'sub' },
    tenants: ['acme'],
    scopeHierarchy: new ScopeHierarchy(implied),
    agents: new Map(isRegistered && !isFound ? [['desk', agent]] : []),
    ...(tenant && { tenantCeilings: new Map([['acme', tenant]]) }),
    ...(unregistered && { unregisteredScopes: unregistered }),
  });
  const token = {
    issuer: AS,
    sub: 'alice',
    type: 'user',
    tenant: 'acme',
    audience: [],
    clientId: 'desk',
    scopes: granted,
    act: [],
    confidence: 'verified',
    issuedAt: NOW,
    expiresAt: NOW + 300,
  } as unknown as AccessToken;
  const identity = admit(token, policy);
  return isRegistered && isFound ? admittedAs(identity, [agent], policy) : identity;
}

/** The lists of scopes that each party allows, as the lattice says it. */
function operands({ agent, tenant, isRegistered, unregistered, granted }: Lattice): (readonly string[])[] {
  const id = isRegistered ? 'bot' : 'desk';
  const ofAgent = isRegistered ? [agent.tenants?.includes('acme') === false ? [] : agent.scopes] : [unregistered];
  const ofTenant = tenant?.agents?.includes(id) === false ? [] : tenant?.scopes;
  return [granted, ...ofAgent, ofTenant].filter(list => list !== undefined);
}

/** The services onward that no ceiling leaves out. */
const onwardFor = ({ agent, tenant, isRegistered }: Lattice): string[] =>
  ONWARD.filter(name => [isRegistered ? agent : {}, tenant].every(one => one?.targets?.includes(name) !== false));

const within = (inner: Iterable<string>, outer: Set<string>): boolean => [...inner].every(one => outer.has(one));

describe(`in ${LATTICES} random lattices of token, agent and tenant`, () => {
  it('an identity may do exactly what all of them allow, and no more at the handler, in its envelope and at the receiver', () => {
    let [limited, refused, allowed, shortened] = [0, 0, 0, 0];
    for (let seed = 1; seed <= LATTICES; seed++) {
      const given = lattice(seed);
      const identity = identityIn(given);
      const { scopes } = identity.authorization;
      const parties = operands(given).map(list => closure(list, given.implied));
      const allowedByAll = parties.reduce((one, other) => new Set([...one].filter(scope => other.has(scope))));
      const effective = closure(scopes, given.implied);
      if (!within(effective, allowedByAll) || !within(allowedByAll, effective))
        throw new Error(`Lattice ${seed}: ${[...effective].join(' ')} where ${[...allowedByAll].join(' ')} is allowed`);
      if (effective.size < parties[0]!.size) limited++;

      const { tools: agentTools } = given.isRegistered ? given.agent : { tools: undefined };
      const isListed = [agentTools, given.tenant?.tools].every(tools => tools?.includes(given.tool) !== false);
      const refusal = unmetRequirement(
        identity,
        { kind: 'protected', requirements: [{ kind: 'all_scopes', scopes: given.required }] },
        { operation: given.tool, hierarchy: new ScopeHierarchy(given.implied), now: () => NOW },
      );
      const mayRun = refusal === undefined;
      if (mayRun && !(isListed && within(given.required, allowedByAll))) throw new Error(`Lattice ${seed}: it runs`);
      if (mayRun) allowed++;
      else refused++;

      const onward = Object.fromEntries(ONWARD.map(name => [name, given.sealed]));
      const target = { name: 'api', mode: 'service_identity' as const, scopes: given.sealed, onward };
      const execution = { issuer: 'https://mcp.test', traceId: 't', targets: [target], lifetime: 300, now: NOW };
      const narrowed = narrow(issue(identity, execution), target, NOW, 60);
      const named = scopes.some(scope => given.sealed.includes(scope)) ? onwardFor(given) : [];
      if (narrowed.delegation.allowed.join() !== ['api', ...named].join())
        throw new Error(`Lattice ${seed}: ${narrowed.delegation.allowed.join(' ')} are named`);
      if (named.length && named.length < ONWARD.length) shortened++;
      const received = restrict(narrowed, 'api', given.received);
      const atReceiver = new Set(received.authorization.scopes);
      for (const list of [...parties, new Set(given.sealed), new Set(given.received)])
        if (!within(atReceiver, list)) throw new Error(`Lattice ${seed}: ${[...atReceiver].join(' ')} at the receiver`);
    }
    // A generator that makes one kind alone would prove nothing.
    expect([limited, refused, allowed, shortened].every(count => count > LATTICES / 20)).toBe(true);
  });
});
