import { isDeepStrictEqual } from 'node:util';
import { type ProviderApp, startProviderApp } from './application.js';
import { exchangeRequest } from './exchange.js';
import {
  type Caller,
  FIXTURES,
  isNone,
  issuerOf,
  type None,
  type ProviderFixture,
  type TokenFixture,
} from './fixture.js';
import { hostsOf, type Verdict } from './hosts.js';
import { type ProviderKeys, providerKeys } from './sign.js';

export type { Verdict } from './hosts.js';

export interface ProviderReport {
  name: string;
  kind: ProviderFixture['kind'];
  /**
   * `documented` where a page prints each token that the provider has, and nothing was added to one but its issuer: replaced placeholders do
   * no harm. `partly documented` where a page prints the token that callers come with, but not so much.
   */
  source: 'documented' | 'partly documented' | 'inferred';
  /** The tokens of the fixture that no page prints. */
  inferred: ('user' | 'service' | 'idToken')[];
  discovery: Verdict;
  keys: Verdict;
  user: Verdict;
  service: Verdict;
  idTokenRefused: boolean;
  exchange: Verdict;
  reason?: string;
}

/** Every provider of this folder, tried with its documented tokens at a Nest application over HTTP. It is not run against the live services. */
export async function providersReport({ fixtures = FIXTURES } = {}): Promise<ProviderReport[]> {
  const reports: ProviderReport[] = [];
  for (const fixture of fixtures) reports.push(await reportOf(fixture));
  return reports;
}

async function reportOf(fixture: ProviderFixture): Promise<ProviderReport> {
  const { name, kind, user, service, idToken, reason } = fixture;
  if (kind === 'impossible') return impossible(name, reason!);
  const keys = providerKeys(isNone(fixture.keys) ? 'RS256' : fixture.keys.alg);
  const provider = hostsOf(fixture, keys);
  const app = await startProviderApp({ issuer: issuerOf(fixture, inline(fixture, keys)), hosts: provider.hosts });
  const verdict = async (part: TokenFixture | None): Promise<Verdict> => {
    if (isNone(part)) return `none: ${part.none}`;
    return judge(part, await app.present(await keys.sign(part)));
  };
  try {
    const [userVerdict, serviceVerdict] = [await verdict(user), await verdict(service)];
    return {
      name,
      kind,
      source: sourceOf(fixture),
      inferred: (['user', 'service', 'idToken'] as const).filter(
        part => !isNone(fixture[part]) && !isDocumented(fixture[part]),
      ),
      discovery: isNone(fixture.discovery) ? `none: ${fixture.discovery.none}` : await discover(fixture, keys),
      keys: isNone(fixture.keys) ? `none: ${fixture.keys.none}` : provider.keysWereFetched(),
      user: userVerdict,
      service: serviceVerdict,
      idTokenRefused: isNone(idToken) || (await refusesIdToken(app, idToken, fixture, keys)),
      exchange: await exchangeOf(fixture, keys),
      ...(reason !== undefined && { reason }),
    };
  } finally {
    await app.close();
  }
}

async function exchangeOf(fixture: ProviderFixture, keys: ProviderKeys): Promise<Verdict> {
  const { exchange } = fixture;
  if (isNone(exchange)) return `none: ${exchange.none}`;
  return 'testedIn' in exchange ? `tested in: ${exchange.testedIn}` : exchangeRequest(fixture, exchange, keys);
}

/** As it is; and as it would be for a client whose id is an audience of ours, where its type alone decides. */
async function refusesIdToken(
  app: ProviderApp,
  idToken: TokenFixture,
  fixture: ProviderFixture,
  keys: ProviderKeys,
): Promise<boolean> {
  const aud = { to: issuerOf(fixture).audience![0], why: 'a client whose id is an audience of ours' };
  const forUs = { ...idToken, changes: { ...idToken.changes, aud } };
  const asItIs = await app.present(await keys.sign(idToken));
  return typeof asItIs === 'string' && judge(idToken, await app.present(await keys.sign(forUs))).startsWith('refused');
}

function sourceOf({ user, service, idToken }: ProviderFixture): ProviderReport['source'] {
  const printed = [user, service, idToken].filter((part): part is TokenFixture => !isNone(part));
  if (printed.every(part => isDocumented(part) && isWhole(part))) return 'documented';
  return isDocumented(isNone(user) ? service : user) ? 'partly documented' : 'inferred';
}

const isDocumented = (part: TokenFixture | None): boolean => !isNone(part) && part.source.kind === 'documented';

/** A page may leave the issuer out; every other claim that the test needs stands there. */
const isWhole = ({ claims, changes = {} }: TokenFixture): boolean =>
  Object.keys(changes).every(name => name === 'iss' || Object.hasOwn(claims, name));

const impossible = (name: string, reason: string): ProviderReport => ({
  name,
  kind: 'impossible',
  source: 'inferred',
  inferred: [],
  discovery: `none: ${reason}`,
  keys: `none: ${reason}`,
  user: `none: ${reason}`,
  service: `none: ${reason}`,
  idTokenRefused: true,
  exchange: `none: ${reason}`,
  reason,
});

function judge({ expect }: TokenFixture, got: Caller | string): Verdict {
  if ('refused' in expect)
    return got === expect.refused ? `refused: ${expect.instead}` : `failed: ${JSON.stringify(got)}`;
  return isDeepStrictEqual(got, expect) ? 'ok' : `failed: ${JSON.stringify(got)}`;
}

/** Where a provider publishes no keys that can be looked up, the application is given them. */
const inline = ({ keys }: ProviderFixture, { jwks }: ProviderKeys) => (isNone(keys) ? { jwks } : {});

/** The same application, which is told nothing of the keys: it finds them through the metadata of the issuer. */
async function discover(fixture: ProviderFixture, keys: ProviderKeys): Promise<Verdict> {
  const token = [fixture.user, fixture.service].find(
    (part): part is TokenFixture => !isNone(part) && 'sub' in part.expect,
  );
  if (!token) return 'none: no token of this provider is taken';
  const { jwks: _, ...issuer } = issuerOf(fixture);
  const app = await startProviderApp({
    issuer: { ...issuer, jwksUri: 'discovery' },
    hosts: hostsOf(fixture, keys).hosts,
  });
  try {
    return judge(token, await app.present(await keys.sign(token)));
  } finally {
    await app.close();
  }
}
