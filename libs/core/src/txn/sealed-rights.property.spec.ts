import fc from 'fast-check';
import { admit } from '../identity/admitted-identity.js';
import { type ExecutionIdentityEnvelope } from '../identity/execution-identity-envelope.js';
import { issue } from '../identity/issue.js';
import { type TargetGrant } from '../identity/narrow.js';
import { type IssuerPolicy } from '../token/issuer-policy.js';
import { staticKeys } from '../token/static-keys.js';
import { KeyRing } from './key-ring.js';
import { delegableScopes, openSealed, restrict, type SealTrust } from './open.js';
import { EnvelopeSealer, sealEnvelope } from './seal.js';
import { newKeyPair } from '../key-pair.js';

const NOW = 1_800_000_000;
const ISSUER = 'https://mcp.test/mcp';
/** All of them in `npm run test:long`. */
const RUNS = process.env.TEST_LONG ? 1000 : 200;
const TARGET = 'orders_api';

const scopes = fc.uniqueArray(
  fc.constantFrom('orders:read', 'orders:write', 'stock:read', 'stock:write', 'admin', '__proto__', 'constructor'),
  { maxLength: 6 },
);
/** Some are names that every object has, one is that of no service here. */
const SERVICES = ['stock_api', 'archive_api', '__proto__', 'constructor', 'toString', '1'];
const service = fc.constantFrom(...SERVICES);
const onward = fc.uniqueArray(fc.tuple(service, scopes), { selector: ([name]) => name, maxLength: 5 });

/** The targets that the agent may call; without a list, any. */
const targets = fc.option(fc.uniqueArray(service), { nil: undefined });

const both = (one: readonly string[], other: readonly string[]): string[] => one.filter(scope => other.includes(scope));
const isWithin = (inner: readonly string[], outer: readonly string[]): boolean =>
  both(inner, outer).length === inner.length;

function issued(held: string[], target: TargetGrant, targets?: string[]): ExecutionIdentityEnvelope {
  const token = {
    issuer: 'https://as.test',
    sub: 'alice',
    type: 'user' as const,
    audience: [],
    clientId: 'desk',
    scopes: held,
    act: [],
    confidence: 'verified' as const,
    issuedAt: NOW,
    expiresAt: NOW + 300,
  };
  const execution = { issuer: ISSUER, traceId: 'a'.repeat(32), targets: [target], lifetime: 300, now: NOW };
  const agents = new Map([['desk', { id: 'desk-bot', ...(targets && { targets }) }]]);
  return issue(admit(token, { agents } as unknown as IssuerPolicy), execution);
}

describe('the rights of a sealed envelope', () => {
  let [sealer, trust] = [] as unknown as [EnvelopeSealer, SealTrust];
  beforeAll(async () => {
    const key = newKeyPair('ed25519').privateKey.export({ format: 'jwk' });
    const ring = await KeyRing.from([key]);
    sealer = new EnvelopeSealer(ring, 'shop.test');
    trust = { trustDomain: 'shop.test', issuers: new Map([[ISSUER, staticKeys(ring.jwks as never)]]) };
  });

  async function received(held: string[], own: string[], rights: (readonly [string, string[]])[], targets?: string[]) {
    const target: TargetGrant = {
      name: TARGET,
      mode: 'on_behalf_of',
      scopes: own,
      onward: Object.fromEntries(rights),
    };
    return openSealed((await sealEnvelope(sealer, issued(held, target, targets), target, NOW)).jws, trust, NOW);
  }

  it('are for each service that the agent may call what the user holds, the configuration gives it and its access token grants, and no more', async () => {
    const seen = { named: 0, unnamed: 0 };
    await fc.assert(
      fc.asyncProperty(scopes, scopes, onward, scopes, targets, async (held, own, rights, granted, listed) => {
        const opened = await received(held, own, rights, listed);
        const allowance = new Map<string, string[]>([[TARGET, both(held, own)]]);
        for (const [name, configured] of rights) {
          const left = both(held, configured);
          if (left.length && listed?.includes(name) !== false) allowance.set(name, left);
        }
        expect(new Set(opened.delegation.allowed)).toEqual(new Set(allowance.keys()));
        for (const name of [TARGET, ...SERVICES]) {
          const allowed = allowance.get(name);
          const rightsThere = restrict(opened, name, granted).authorization.scopes;
          expect(new Set(rightsThere)).toEqual(new Set(both(allowed ?? [], granted)));
          if (name === TARGET) continue;
          const delegable = delegableScopes(opened, name);
          expect(delegable && new Set(delegable)).toEqual(allowed && new Set(allowed));
          seen[allowed ? 'named' : 'unnamed']++;
        }
      }),
      { numRuns: RUNS },
    );
    expect(Math.min(seen.named, seen.unnamed)).toBeGreaterThan(RUNS / 4);
  });

  it('do not grow at any service when the user holds fewer, or any service is configured with fewer', async () => {
    await fc.assert(
      fc.asyncProperty(scopes, scopes, onward, fc.nat(5), async (held, own, rights, i) => {
        const without = (list: string[]): string[] => list.filter((_one, at) => at !== i);
        const all = await received(held, own, rights);
        const fewer = [
          await received(without(held), own, rights),
          await received(held, without(own), rights),
          await received(
            held,
            own,
            rights.map(([name, list]) => [name, without(list)] as const),
          ),
        ];
        for (const name of [TARGET, ...SERVICES])
          for (const one of fewer) {
            const [less, more] = [one, all].map(opened => restrict(opened, name, held).authorization.scopes);
            expect(isWithin(less!, more!)).toBe(true);
          }
      }),
      { numRuns: RUNS / 4 },
    );
  });
});
