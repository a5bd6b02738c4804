import { type ClaimMatch, type IssuerPolicy, issuerPolicy, type KeySource, TOKEN_ALGORITHMS } from 'execution-identity';
import { type IssuerOptions } from 'nestjs-eie';
import { jwksOf } from './test-keys.js';
import { GENUINE, LOGIN, MCP, ORIGIN, USERINFO } from './rules/genuine.js';

type Profile = Omit<IssuerOptions, 'issuer' | 'jwks' | 'jwksUri' | 'metadata' | 'provider'>;

const BY_PROFILE = {
  user: { claim: 'sub_profile', values: ['user'] },
  service: { claim: 'sub_profile', values: ['service'] },
} satisfies Record<string, ClaimMatch>;

/** What the operator states of each issuer of the corpus. */
const PROFILES = {
  plain: {
    algorithms: ['ES256'],
    audience: [MCP, 'api://mcp'],
    toleratedAudiences: [USERINFO, 'https://status.corpus.test'],
    maxLifetime: 3600,
    tenants: ['acme', 'globex'],
    actorType: BY_PROFILE,
  },
  legacy: {
    algorithms: ['RS256'],
    audience: [MCP],
    maxLifetime: 3600,
    tenants: ['acme'],
    accessTokenClaim: { claim: 'token_use', values: ['access'] },
    claims: { clientId: 'cid', scope: 'scp', roles: ['realm_access', 'roles'], tenant: ['org', 'id'] },
    actorType: { user: { claim: ['person', 'kind'], values: ['employee', 'contractor', 3, true] } },
  },
  named: {
    algorithms: ['ES256'],
    audience: [ORIGIN],
    maxLifetime: 3600,
    maxTokenLength: 16_384,
    actorType: {
      user: { claim: 'sub', differsFrom: 'client_id', unless: { claim: ['session', 'anonymous'], values: [true] } },
    },
  },
  own: {
    algorithms: [...TOKEN_ALGORITHMS],
    audience: [MCP],
    maxLifetime: 3600,
    tenants: ['acme'],
    actorType: BY_PROFILE,
  },
} satisfies Record<string, Profile>;

export const profileOf = (name: string): Profile => PROFILES[name as keyof typeof PROFILES];

/** The keys of a configured issuer. */
export const CONFIGURED = {
  plain: {
    issuer: LOGIN,
    keys: [
      { from: 'a', kid: 'a' },
      { from: 'b', kid: 'b' },
    ],
  },
  legacy: { issuer: issOf('legacy'), keys: [{ from: 'rsa', kid: 'rsa' }] },
  named: { issuer: issOf('named'), keys: [{ from: 'a', kid: 'a' }] },
};

/** As a user of `execution-identity` alone writes it. */
export function policyOf(profile: string, issuer: string, keys: KeySource): IssuerPolicy {
  const { actorType, audience = [MCP], agents: _agents, client: _client, ...rest } = profileOf(profile);
  return issuerPolicy({
    ...(rest as object),
    algorithms: rest.algorithms,
    issuer,
    audience,
    keys,
    ...actorType,
    acceptsDpop: true,
  });
}

/** As an application on Nest writes it. */
export const optionsOf = (
  profile: string,
  issuer: string,
  where: Pick<IssuerOptions, 'jwks' | 'jwksUri'>,
): IssuerOptions => ({ ...profileOf(profile), issuer, ...where });

export const configuredKeys = (name: keyof typeof CONFIGURED) => ({ keys: jwksOf(CONFIGURED[name].keys) }) as never;

function issOf(name: string): string {
  return (GENUINE[name]!.claims as { iss: string }).iss;
}
