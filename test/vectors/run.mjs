// Runs the vectors through the published entry point `execution-identity`, and nothing else of the library.
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { DEFAULT_CLAIM_PATHS, MemoryReplayStore, staticKeys, verifyDelegatedCall } from 'execution-identity';

/** Files of vectors, in this folder. */
export const CHAPTERS = ['valid', 'headers', 'access-token', 'algorithms', 'txn-token', 'agreement', 'single-use'];

export const read = chapter => JSON.parse(readFileSync(new URL(`${chapter}.json`, import.meta.url), 'utf8'));

/** The header lines of a vector as Node lists them: names and values in turn. */
export const rawHeaders = ({ headers }) =>
  Object.entries(headers).flatMap(([name, values]) => values.flatMap(value => [name, value]));

/** What every vector of a file led to: `{ id, title, expected, got, asExpected }`. */
export async function run({ now, policy, vectors }) {
  const receiver = receiverPolicy(policy);
  const results = [];
  // One after the other: where each Txn-Token is taken once, the order counts.
  for (const vector of vectors) results.push(await judge(vector, receiver, now));
  return results;
}

async function judge({ id, title, expect, ...vector }, policy, now) {
  let got;
  try {
    const envelope = await verifyDelegatedCall(rawHeaders(vector), policy, now);
    got = { valid: true, identity: JSON.parse(JSON.stringify(envelope)) };
  } catch (error) {
    got = { valid: false, error: error.code ?? String(error) };
  }
  return { id, title, expected: expect, got, asExpected: isDeepStrictEqual(got, expect) };
}

/** The policy of a file of vectors, as {@link verifyDelegatedCall} takes it. */
export function receiverPolicy({ service, trust_domain, issuers, sealers, presenters, single_use }) {
  return {
    service,
    issuers: new Map(issuers.map(one => [one.issuer, issuerPolicy(one)])),
    trust: {
      trustDomain: trust_domain,
      issuers: new Map(sealers.map(({ issuer, jwks }) => [issuer, staticKeys(jwks)])),
    },
    presenters: presenters.map(({ client_id, ...rest }) => ({ ...rest, clientId: client_id })),
    ...(single_use && { replays: new MemoryReplayStore(1000) }),
  };
}

function issuerPolicy({
  jwks,
  tolerated_audiences,
  max_lifetime,
  access_token_claim,
  claims: { client_id: clientId, ...claims } = {},
  user,
  service,
  ...rest
}) {
  return {
    ...rest,
    user: claimMatch(user),
    ...(service && { service: claimMatch(service) }),
    keys: staticKeys(jwks),
    toleratedAudiences: tolerated_audiences,
    maxLifetime: max_lifetime,
    accessTokenClaim: access_token_claim,
    claims: { ...DEFAULT_CLAIM_PATHS, ...claims, ...(clientId && { clientId }) },
    acceptsDpop: false,
    agents: new Map(),
  };
}

/** What shows a user or a service, with the names of the library. */
export const claimMatch = ({ differs_from: differsFrom, ...match }) => ({
  ...match,
  ...(differsFrom && { differsFrom }),
});
