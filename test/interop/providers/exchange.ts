import { type TargetOptions } from 'nestjs-eie';
import { startProviderApp } from './application.js';
import { type ProviderFixture, isNone, issuerOf, type TokenFixture } from './fixture.js';
import { hostsOf, type Verdict } from './hosts.js';
import { type ProviderKeys } from './sign.js';

type Exchange = Extract<ProviderFixture['exchange'], { request: object }>;

/** Sent by client authentication, or the token of this very call. */
const NOT_COMPARED = [
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'subject_token',
  'assertion',
];

/**
 * Calls an API in the identity of the documented user, and compares what the token endpoint is asked with the request that the page prints.
 * The answer is not the subject here: the delegation of each preset is tested in `test/delegation-dialects`.
 */
export async function exchangeRequest(
  fixture: ProviderFixture,
  { request, also = {} }: Exchange,
  keys: ProviderKeys,
): Promise<Verdict> {
  const { discovery, user } = fixture;
  if (isNone(discovery) || isNone(user)) return 'failed: an exchange needs a token endpoint and a user';
  const asked: Record<string, string>[] = [];
  const { hosts } = hostsOf(fixture, keys);
  hosts[discovery.document.token_endpoint as string] = body => {
    asked.push(Object.fromEntries(new URLSearchParams(body)));
    return {};
  };
  const issuer = issuerOf(fixture, {
    client: { clientId: 'mcp-server', auth: { method: 'client_secret_post', secret: 'secret' } },
  });
  const documented = { ...request, ...also };
  const app = await startProviderApp({ issuer, hosts, target: targetOf(fixture, documented) });
  try {
    await app.delegate(await keys.sign(withScopes(user, fixture, documented)));
  } finally {
    await app.close();
  }
  return compare(asked[0], documented);
}

function targetOf(fixture: ProviderFixture, { resource, audience, scope = '' }: Record<string, string>): TargetOptions {
  return {
    mode: 'on_behalf_of',
    actEvidence: 'none',
    baseUrl: 'https://api.shop.test',
    issuer: issuerOf(fixture).issuer,
    resource: (resource ?? audience)!,
    scopes: words(scope),
    external: true,
  };
}

/** No more is asked for an API than the user's token allows: it gets the scopes of the documented request. */
function withScopes(
  user: TokenFixture,
  fixture: ProviderFixture,
  { scope = '' }: Record<string, string>,
): TokenFixture {
  const claim = String([issuerOf(fixture).claims?.scope ?? 'scope'].flat()[0]);
  const why = 'the user may do what is asked for the API';
  const value = Array.isArray(user.claims[claim]) ? words(scope) : scope;
  return { ...user, changes: { ...user.changes, [claim]: { to: value, why } } };
}

function compare(asked: Record<string, string> | undefined, wanted: Record<string, string>): Verdict {
  if (!asked) return 'failed: the token endpoint was not asked';
  const relevant = (parameters: Record<string, string>): Record<string, string> =>
    Object.fromEntries(Object.entries(parameters).filter(([name]) => !NOT_COMPARED.includes(name)));
  const [sent, documented] = [relevant(asked), relevant(wanted)];
  const names = new Set([...Object.keys(sent), ...Object.keys(documented)]);
  const different = [...names].filter(name => !sameWords(sent[name], documented[name]));
  return different.length
    ? `failed: ${different.map(name => `${name}: sent ${sent[name]}, documented ${documented[name]}`).join('; ')}`
    : 'ok';
}

const words = (scope: string): string[] => scope.split(' ').filter(Boolean);
const sameWords = (one?: string, other?: string): boolean =>
  one !== undefined && other !== undefined && words(one).sort().join(' ') === words(other).sort().join(' ');
