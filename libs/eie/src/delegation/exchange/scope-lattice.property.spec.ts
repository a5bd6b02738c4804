import fc from 'fast-check';
import { targetScopes } from 'execution-identity/internal';
import { DEFAULT_CLAIM_PATHS } from 'execution-identity';
import { provenToken } from './returned-token.js';
import { type Target } from '../targets/target.js';

const NOW = 1_800_000_000;
/** All of them in `npm run test:long`. */
const LATTICES = process.env.TEST_LONG ? 10_000 : 2_000;
/** Some are names that every object has, some the beginning or the wildcard of others. */
const scope = fc.constantFrom(
  'orders',
  'orders:read',
  'orders:write',
  'orders:*',
  'admin',
  'openid',
  '__proto__',
  'constructor',
  'toString',
  'https://api.test/.default',
  'Orders.Read',
  '*',
);
const scopes = fc.uniqueArray(scope, { maxLength: 6 });

interface Lattice {
  held: string[];
  /** What the target is configured with: a list, or a record from our scopes to its own. */
  configured: string[] | [ours: string, its: string[]][];
  /** What the authorization server says that it granted; nothing means: as asked. */
  said: string[] | null;
  /** What stands in its token: a text, a list, or nothing. */
  written: string[] | null;
  asList: boolean;
}

const lattices: fc.Arbitrary<Lattice> = fc.record({
  held: scopes,
  configured: fc.oneof(scopes, fc.uniqueArray(fc.tuple(scope, scopes), { selector: ([ours]) => ours, maxLength: 5 })),
  said: fc.option(scopes),
  written: fc.option(scopes),
  asList: fc.boolean(),
});

function targetOf(configured: Lattice['configured']): Target {
  const pairs = configured.filter((one): one is [string, string[]] => Array.isArray(one));
  return {
    name: 'api',
    mode: 'on_behalf_of',
    onward: {},
    baseUrl: new URL('https://api.test'),
    issuer: 'https://as.test',
    resource: 'https://api.test',
    audience: 'https://api.test',
    ...(pairs.length
      ? { scopes: pairs.map(([ours]) => ours), scopeMap: Object.fromEntries(pairs) }
      : { scopes: configured as string[] }),
    clientId: 'mcp',
    exchange: {},
    claims: DEFAULT_CLAIM_PATHS,
    user: { claim: 'sub_profile' },
    actEvidence: 'required',
    external: false,
    timeout: 1000,
  };
}
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const tokenOf = (written: string[] | null, asList: boolean): string =>
  `${part({ alg: 'ES256' })}.${part({ iss: 'https://as.test', aud: 'https://api.test', sub: 'alice', exp: NOW + 60, act: { sub: 'mcp' }, ...(written?.length && { scope: asList ? written : written.join(' ') }) })}.AAAA`;

/** Whether it may be used. */
function isProven(
  requested: string[],
  { said, written, asList }: Pick<Lattice, 'said' | 'written' | 'asList'>,
  target: Target,
): boolean {
  const expected = {
    subject: { user: 'alice' },
    scopes: requested,
    act: [[{ issuer: 'https://as.test', sub: 'mcp' }]],
  };
  try {
    provenToken({ token: tokenOf(written, asList), ...(said && { scopes: said }) }, expected, target, NOW);
    return true;
  } catch {
    return false;
  }
}
const isWithin = (inner: readonly string[] | null, outer: readonly string[]) =>
  (inner ?? []).every(one => outer.includes(one));

describe('the scopes of a delegated call', () => {
  it('are asked for only if they are held and the target may be asked for them, and then all of them are', () => {
    fc.assert(
      fc.property(lattices, ({ held, configured }) => {
        const target = targetOf(configured);
        const requested = targetScopes(held, target);
        const usable = held.filter(one => target.scopes.includes(one));
        const image = usable.flatMap(one => (target.scopeMap ? (target.scopeMap[one] as string[]) : [one]));
        expect(new Set(requested)).toEqual(new Set(image));
        if (!target.scopeMap) expect(isWithin(requested, held) && isWithin(requested, target.scopes)).toBe(true);
      }),
      { numRuns: LATTICES },
    );
  });

  it('are used only if what was granted is within what was asked for, in the answer and in the token', () => {
    const seen = { used: 0, refused: 0 };
    fc.assert(
      fc.property(lattices, ({ held, configured, ...granted }) => {
        const target = targetOf(configured);
        const requested = targetScopes(held, target);
        const isProper = isWithin(granted.said, requested) && isWithin(granted.written, requested);
        expect(isProven(requested, granted, target)).toBe(isProper);
        seen[isProper ? 'used' : 'refused']++;
      }),
      { numRuns: LATTICES },
    );
    expect(Math.min(seen.used, seen.refused)).toBeGreaterThan(LATTICES / 20);
  });

  it('never grow when a user holds fewer, or a target may be asked for fewer', () => {
    fc.assert(
      fc.property(lattices, fc.nat(), ({ held, configured }, i) => {
        const requested = targetScopes(held, targetOf(configured));
        const [fewerHeld, fewerConfigured] = [
          held.filter((_one, at) => at !== i % 6),
          configured.filter((_one, at) => at !== i % 5),
        ];
        expect(isWithin(targetScopes(fewerHeld, targetOf(configured)), requested)).toBe(true);
        if (fewerConfigured.length)
          expect(isWithin(targetScopes(held, targetOf(fewerConfigured as string[])), requested)).toBe(true);
      }),
      { numRuns: LATTICES },
    );
  });
});
