import { randomBytes } from 'node:crypto';
import { ACR, serviceClaims, userClaims } from './claims.js';
import { interactionPath } from './interaction.js';
import { introspectionPolicy } from './introspection.js';
import { errorPage } from './login-page.js';
import {
  type Configuration,
  errors,
  type Grant,
  type KoaContextWithOIDC,
  type ResourceServer,
} from './oidc-provider.js';
import type { ClientRegistration, Registry } from './registry.js';
import type { SigningKey } from './signing-key.js';
import { memoryStorage } from './storage.js';

const HOUR = 3600;
const OIDC_SCOPES = ['openid', 'offline_access'];

type ExtraTokenClaims = NonNullable<Configuration['extraTokenClaims']>;
/** How clients get known that nobody has registered. */
export interface SelfRegistration {
  /** Gets the metadata document that the `client_id` of a client is the address of (Client ID Metadata Documents). */
  fetch: typeof fetch;
}

type Ttl = (ctx: KoaContextWithOIDC, token: { resourceServer?: ResourceServer | undefined }) => number;

/**
 * oidc-provider's configuration. `ttl` and `renderError` are spelt out also because it prints a notice for each that is
 * left to its default, and the lifetimes of access tokens are functions because a number would win over the resource's.
 */
export function configuration(
  issuer: string,
  registry: Registry,
  key: SigningKey,
  { registration, dpop = false }: { registration?: SelfRegistration; dpop?: boolean },
): Configuration {
  const accessTokenTtl: Ttl = (_ctx, { resourceServer }) => resourceServer?.accessTokenTTL ?? 1;
  return {
    jwks: { keys: [key.privateJwk()] },
    adapter: memoryStorage(registry.clients.map(withDefaults)),
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    acrValues: [ACR],
    scopes: [...OIDC_SCOPES, ...registry.scopes],
    claims: { openid: ['sub', 'name', 'tenant', 'auth_time', 'acr', 'amr'] },
    responseTypes: ['code'],
    pkce: { required: () => true },
    clientAuthMethods: ['none', 'client_secret_basic', 'private_key_jwt'],
    clientBasedCORS: (_ctx, _origin, client) => client.tokenEndpointAuthMethod === 'none',
    enabledJWA: { clientAuthSigningAlgValues: ['ES256', 'RS256', 'EdDSA'], idTokenSigningAlgValues: ['ES256'] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    findAccount(_ctx, sub) {
      const account = registry.account(sub);
      return account && { accountId: sub, claims: () => ({ sub, name: account.name, tenant: account.tenant }) };
    },
    extraTokenClaims: accessTokenClaims(issuer, registry),
    loadExistingGrant: ctx => impliedGrant(ctx, registry),
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    interactions: { url: (_ctx, { uid }) => interactionPath(uid) },
    renderError(ctx, { error, error_description }) {
      ctx.type = 'html';
      ctx.body = errorPage(error, error_description);
    },
    ttl: {
      AccessToken: accessTokenTtl,
      ClientCredentials: accessTokenTtl,
      AuthorizationCode: 60,
      IdToken: 300,
      Interaction: HOUR,
      RefreshToken: 8 * HOUR,
      Session: 8 * HOUR,
      Grant: 8 * HOUR,
    },
    ...(registration && { fetch: registration.fetch }),
    features: {
      ...(registration && {
        registration: { enabled: true },
        clientIdMetadataDocument: { enabled: true, ack: 'draft-02' },
      }),
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: dpop },
      introspection: { enabled: true, allowedPolicy: introspectionPolicy(registry) },
      pushedAuthorizationRequests: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx, _client, oneOf) => oneOf ?? noResource(),
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, identifier) => resourceServer(identifier, registry),
      },
    },
  };
}

/** RFC 7591 says that a client without these is one with a browser flow. */
function withDefaults(client: Registry['clients'][number]) {
  return client.redirect_uris?.length ? client : { redirect_uris: [], response_types: [], ...client };
}

function noResource(): never {
  throw new errors.InvalidTarget('a resource indicator is required');
}

function resourceServer(identifier: string, registry: Registry): ResourceServer {
  const resource = registry.resource(identifier);
  if (!resource) throw new errors.InvalidTarget();
  return {
    audience: identifier,
    scope: resource.scopes.join(' '),
    accessTokenTTL: resource.lifetime,
    accessTokenFormat: resource.opaque ? 'opaque' : 'jwt',
    jwt: { sign: { alg: 'ES256' } },
  };
}

/** What the access tokens of this server say beyond RFC 9068's required claims. */
function accessTokenClaims(issuer: string, registry: Registry): ExtraTokenClaims {
  return (ctx, token) => {
    const client = registry.client(token.clientId) ?? selfRegistered(ctx);
    if (!client) throw new errors.InvalidClient('the client is not registered');
    if (token.kind === 'ClientCredentials') return { ...serviceClaims(client) };

    const account = registry.account(token.accountId);
    const login = ctx.oidc.entities.AuthorizationCode ?? ctx.oidc.entities.RefreshToken;
    if (!account || !login) throw new errors.InvalidGrant('the token has no user');
    const { authTime, acr, amr, sessionUid: sid } = login;
    return { ...userClaims(account, { authTime, acr, amr, sid }, client, issuer) };
  };
}

/** A client that nobody but itself has registered is no agent, and of no tenant. */
const selfRegistered = ({ oidc }: KoaContextWithOIDC): ClientRegistration | undefined =>
  oidc.client && { client_id: oidc.client.clientId };

/** The user consents by logging in: what the request asks for, and its resources have, is granted. */
async function impliedGrant(ctx: KoaContextWithOIDC, registry: Registry): Promise<Grant | undefined> {
  const { account, client, provider, requestParamOIDCScopes, requestParamScopes, resourceServers, session } = ctx.oidc;
  if (!account || !client || !session) return undefined;

  const resources = Object.keys(resourceServers ?? {}).flatMap(identifier => registry.resource(identifier) ?? []);
  const allowed = [...OIDC_SCOPES, ...resources.flatMap(resource => resource.scopes)];
  const unknown = [...requestParamScopes].find(scope => !allowed.includes(scope));
  if (requestParamScopes.size === 0 || unknown !== undefined) {
    throw new errors.InvalidScope('the requested resource has no such scope', unknown ?? '');
  }

  const grantId = session.grantIdFor(client.clientId);
  const earlier = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  const owner = { accountId: account.accountId, clientId: client.clientId };
  const grant = earlier?.accountId === owner.accountId ? earlier : new provider.Grant(owner);
  grant.addOIDCScope(requestParamOIDCScopes);
  for (const { identifier, scopes } of resources) {
    grant.addResourceScope(
      identifier,
      scopes.filter(scope => requestParamScopes.has(scope)),
    );
  }
  await grant.save();
  return grant;
}
