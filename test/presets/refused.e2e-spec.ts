import { randomBytes } from 'node:crypto';
import { type AuditReason, type IssuerOptions } from 'nestjs-eie';
import { auth0, cognito, entraId, keycloak, okta, workos, zitadel } from 'nestjs-eie/presets';
import { base64url, type DoorApp, startDoor } from '../support/door.js';
import { MCP, startWorld, type World } from '../support/world.js';
import { auth0Tokens } from './fixtures/auth0.js';
import { cognitoTokens } from './fixtures/cognito.js';
import { API, entraIdTokens, graphToken, TENANT, v1Token } from './fixtures/entra-id.js';
import { keycloakTokens } from './fixtures/keycloak.js';
import { oktaTokens, orgToken } from './fixtures/okta.js';
import { type DocumentedToken, having, without } from './fixtures/tokens.js';
import { sessionToken, workosTokens } from './fixtures/workos.js';
import { PROJECT, zitadelTokens } from './fixtures/zitadel.js';
import { jwks, refused, sign } from './providers.js';

/** The presets with nothing said beyond what they ask for. */
const ISSUERS: IssuerOptions[] = [
  keycloak({ url: 'https://id.shop.test', realm: 'shop', jwks }),
  auth0({ domain: 'shop.eu.auth0.test', jwks }),
  entraId({ tenantId: TENANT, audience: [API], jwks }),
  okta({ domain: 'shop.okta.test', authorizationServerId: 'aus9o8wzkhckw9TLa0h7', jwks }),
  zitadel({ domain: 'shop.zitadel.test', projectId: PROJECT, jwks }),
  workos({ domain: 'shop.authkit.test', jwks }),
  cognito({ region: 'eu-central-1', userPoolId: 'eu-central-1_EXAMPLE', jwks }),
];

const random = (bytes: number): string => randomBytes(bytes).toString('base64url');
/** Auth0, "JSON Web Encryption": `dir` and `A256GCM`, with the issuer in the header. The key is Auth0's own. */
const encrypted = [
  base64url({ alg: 'dir', enc: 'A256GCM', iss: 'https://shop.eu.auth0.test/' }),
  '',
  random(12),
  random(48),
  random(16),
].join('.');

/** OpenIddict encrypts to a key of its own. */
const openIddict = [
  base64url({ alg: 'RSA-OAEP', enc: 'A256CBC-HS512', kid: 'e', typ: 'at+jwt', cty: 'JWT' }),
  random(256),
  random(16),
  random(96),
  random(32),
].join('.');

const OPAQUE: [what: string, token: string][] = [
  ['an access token of Google', `ya29.a0${random(120)}`],
  ['an access token of GitHub', 'gho_16C7e42F292c6912E7710c838347Ae178B4a'],
  ['a GitHub App user token', 'ghu_16C7e42F292c6912E7710c838347Ae178B4a'],
  ['an Auth0 token that was requested without an audience', random(24)],
  ['an Auth0 token that was requested without an audience and is encrypted', encrypted],
  ['a ZITADEL token of the default type', random(96)],
  ['a token of OpenIddict as it is', openIddict],
];

const { access: keycloakUser, service: keycloakService } = keycloakTokens;
const zitadelUser = without(zitadelTokens.access, 'urn:zitadel:iam:user:resourceowner:id');

const DOCUMENTED: [what: string, reason: AuditReason, token: DocumentedToken][] = [
  ['a token of the Okta org authorization server', 'issuer_unknown', orgToken],
  [
    'a token of the Okta org authorization server that claims the issuer of the custom one',
    'token_type_refused',
    having(orgToken, { iss: oktaTokens.access.claims.iss, aud: MCP }),
  ],
  ['an Entra token for Microsoft Graph', 'issuer_unknown', graphToken],
  ['an Entra token of version 1.0 for our own API', 'issuer_unknown', v1Token],
  [
    'an Entra token of another directory',
    'issuer_unknown',
    having(entraIdTokens.access, {
      iss: 'https://login.microsoftonline.com/bbbbcccc-1111-dddd-2222-eeee3333ffff/v2.0',
    }),
  ],
  [
    'an Entra token of our directory that names another',
    'tenant_refused',
    having(entraIdTokens.access, { tid: 'bbbbcccc-1111-dddd-2222-eeee3333ffff' }),
  ],
  [
    'an Entra app-only token while the API does not ask for idtyp',
    'actor_unclassified',
    without(entraIdTokens.service, 'idtyp'),
  ],
  [
    'an Auth0 token that was requested without openid',
    'actor_unclassified',
    having(without(auth0Tokens.access, 'org_id'), { aud: MCP }),
  ],
  ['an Auth0 token of a machine client that is not named', 'actor_unclassified', auth0Tokens.service],
  ['an Auth0 token of an organization that is not named', 'tenant_refused', auth0Tokens.access],
  [
    'an Auth0 access token in the Auth0 profile while RFC 9068 is expected',
    'token_type_refused',
    { ...auth0Tokens.access, header: { typ: 'JWT' } },
  ],
  [
    'a Keycloak token that is for the account console too',
    'audience_refused',
    having(keycloakUser, { aud: [MCP, 'account'] }),
  ],
  [
    'a Keycloak refresh token that is signed like an access token',
    'token_type_refused',
    having(keycloakUser, { typ: 'Refresh' }),
  ],
  [
    'a Keycloak token that is bound to a key and comes without a proof',
    'proof_of_possession_invalid',
    having(keycloakUser, { typ: 'DPoP', cnf: { jkt: random(32) } }),
  ],
  [
    'a Keycloak service account that has a session, as users do',
    'actor_unclassified',
    having(keycloakService, { sid: 'b1f6f0e2' }),
  ],
  [
    'a Keycloak service account without the scope service_account',
    'actor_unclassified',
    without(keycloakService, 'client_id'),
  ],
  [
    'a ZITADEL token while the other applications of the project are not named',
    'audience_refused',
    zitadelTokens.access,
  ],
  [
    'a ZITADEL token while no Action says who acts',
    'actor_unclassified',
    having(without(zitadelUser, 'sub_profile'), { aud: [PROJECT] }),
  ],
  [
    'a ZITADEL token of an organization that is not named',
    'tenant_refused',
    having(zitadelTokens.access, { aud: [PROJECT] }),
  ],
  ['a WorkOS session token', 'issuer_unknown', sessionToken],
  ['a WorkOS M2M token while the environment is no audience of ours', 'audience_refused', workosTokens.service],
  ['a WorkOS token of an organization that is not named', 'tenant_refused', workosTokens.access],
  ['a Cognito token without resource binding', 'audience_refused', without(cognitoTokens.access, 'aud')],
  ['a Cognito client-credentials token', 'audience_refused', without(cognitoTokens.service, 'aud')],
];

describe('with the presets as they are', () => {
  let world: World;
  let door: DoorApp;

  beforeAll(async () => {
    world = await startWorld();
    door = await startDoor(world, { options: { issuers: ISSUERS } });
  });
  afterAll(() => Promise.all([door.close(), world.close()]));

  it.each(OPAQUE)('%s is refused like every other: it is no JWT', async (_what, token) => {
    expect(await door.knock(token)).toEqual(refused('token_malformed'));
  });

  it.each(DOCUMENTED)('%s is refused like every other, and the audit log says %s', async (_what, reason, token) => {
    expect(await door.knock(await sign(token))).toEqual(refused(reason));
  });
});
