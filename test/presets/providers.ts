import { Controller, Get, Module } from '@nestjs/common';
import { SignJWT } from 'jose';
import {
  type AuditReason,
  Authenticated,
  type ExecutionIdentityEnvelope,
  Identity,
  type IssuerOptions,
  type JwkSet,
} from 'nestjs-eie';
import { auth0, cognito, entraId, keycloak, okta, workos, zitadel } from 'nestjs-eie/presets';
import { refusal } from '../support/door.js';
import { MCP } from '../support/world.js';
import { auth0ClassicTokens, auth0Tokens } from './fixtures/auth0.js';
import { cognitoTokens, MACHINE } from './fixtures/cognito.js';
import { API, entraIdTokens, TENANT } from './fixtures/entra-id.js';
import { keycloakTokens } from './fixtures/keycloak.js';
import { oktaTokens } from './fixtures/okta.js';
import { type DocumentedToken, type ProviderTokens } from './fixtures/tokens.js';
import { ENVIRONMENT, workosTokens } from './fixtures/workos.js';
import { PROJECT, zitadelTokens } from './fixtures/zitadel.js';
import { newKeyPair } from '../support/key-pair.js';

const { privateKey, publicKey } = newKeyPair('rsa', { modulusLength: 2048 });

/** Stands in for the keys of every provider. */
export const jwks: JwkSet = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'test', use: 'sig' }] };

export const sign = ({ header, claims }: DocumentedToken): Promise<string> => {
  const iat = Math.floor(Date.now() / 1000);
  return new SignJWT({ ...claims, iat, exp: iat + 3600 })
    .setProtectedHeader({ alg: 'RS256', kid: 'test', ...header })
    .sign(privateKey);
};

/** A 401 with its reason on the audit log alone. Which schemes the challenge offers is not the subject here. */
export const refused = (reason: AuditReason, tool?: string) => ({
  ...refusal(reason, tool),
  challenge: expect.stringMatching(/^Bearer error="invalid_token"/),
});

/** What a handler is told of the caller. */
export interface Caller {
  actor: { type: 'user' | 'service'; sub: string; tenant?: string };
  client: string;
  scopes: string[];
  roles?: string[];
}

@Controller('me')
class Me {
  @Get()
  @Authenticated()
  show(@Identity() { actor: { type, sub, tenant }, agent, authorization }: ExecutionIdentityEnvelope) {
    return {
      actor: { type, sub, tenant },
      client: agent.client_id,
      scopes: authorization.scopes,
      roles: authorization.roles,
    };
  }
}

@Module({ controllers: [Me] })
export class MeModule {}

type Provider = [
  name: string,
  preset: { options: IssuerOptions; tokens: ProviderTokens; user: Caller; service: Caller },
];

const user = (
  sub: string,
  client: string,
  scopes: string[],
  more: { tenant?: string; roles?: string[] } = {},
): Caller => {
  const { tenant, roles } = more;
  return { actor: { type: 'user', sub, ...(tenant && { tenant }) }, client, scopes, ...(roles && { roles }) };
};
const service = (
  sub: string,
  client: string,
  scopes: string[],
  more: { tenant?: string; roles?: string[] } = {},
): Caller => {
  const caller = user(sub, client, scopes, more);
  return { ...caller, actor: { ...caller.actor, type: 'service' } };
};

const CLIENT = 'K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja';
const MACHINE_CLIENT = 'awZfdIir8YFdGZWkvCejDoUb7SjTDicx';
const ORG = 'org_01HRDMC6CM357W30QMHMQ96Q0S';

/** Each preset as an operator would configure it for this server, and who its documented tokens are. */
export const PROVIDERS: Provider[] = [
  [
    'Keycloak',
    {
      options: keycloak({ url: 'https://id.shop.test/', realm: 'shop', jwks }),
      tokens: keycloakTokens,
      user: user('f5c1f3a2-3c6b-4a3c-9d5e-0c3b1f6f3a11', 'desk-copilot', ['openid', 'orders:read', 'profile'], {
        roles: ['clerk', 'offline_access'],
      }),
      service: service('9a7c2f14-5d0b-4f57-8a77-3f0c2b9d1e66', 'night-batch', ['orders:read'], { roles: ['batch'] }),
    },
  ],
  [
    'Auth0 (RFC 9068 profile)',
    {
      options: auth0({
        domain: 'shop.eu.auth0.test',
        machineClients: [MACHINE_CLIENT],
        tenants: ['org_9ybsU1dN2dKfDkBi'],
        claims: { roles: 'https://shop.test/roles' },
        jwks,
      }),
      tokens: auth0Tokens,
      user: user('auth0|6553da60a54af58e29493993', CLIENT, ['openid', 'orders:read', 'profile'], {
        tenant: 'org_9ybsU1dN2dKfDkBi',
        roles: ['clerk'],
      }),
      service: service(`${MACHINE_CLIENT}@clients`, MACHINE_CLIENT, ['orders:read']),
    },
  ],
  [
    'Auth0 (Auth0 profile)',
    {
      options: auth0({ domain: 'classic.eu.auth0.test', profile: 'auth0', machineClients: [MACHINE_CLIENT], jwks }),
      tokens: auth0ClassicTokens,
      user: user('auth0|6553da60a54af58e29493993', CLIENT, ['openid', 'orders:read', 'profile']),
      service: service(`${MACHINE_CLIENT}@clients`, MACHINE_CLIENT, ['orders:read']),
    },
  ],
  [
    'Entra ID',
    {
      options: entraId({ tenantId: TENANT, audience: [API], jwks }),
      tokens: entraIdTokens,
      user: user(
        'bbbbcccc-1111-dddd-2222-eeee3333ffff',
        '11112222-bbbb-3333-cccc-4444dddd5555',
        ['orders:read', 'profile'],
        { tenant: TENANT, roles: ['Clerk'] },
      ),
      service: service('ccccdddd-2222-eeee-3333-ffff4444aaaa', '22223333-cccc-4444-dddd-5555eeee6666', [], {
        tenant: TENANT,
        roles: ['Orders.Read.All'],
      }),
    },
  ],
  [
    'Okta (custom authorization server)',
    {
      options: okta({ domain: 'shop.okta.test', authorizationServerId: 'aus9o8wzkhckw9TLa0h7', jwks }),
      tokens: oktaTokens,
      user: user('john.doe@example.com', 'nmdP1fcyvdVO11AL7ECm', ['openid', 'orders:read'], { roles: ['clerk'] }),
      service: service('0oabskvc6442nkvQO0h7', '0oabskvc6442nkvQO0h7', ['orders:read']),
    },
  ],
  [
    'ZITADEL',
    {
      options: zitadel({
        domain: 'shop.zitadel.test',
        projectId: PROJECT,
        applications: ['69234237810729234'],
        tenants: ['69234237810000001'],
        jwks,
      }),
      tokens: zitadelTokens,
      user: user('77776025198584418', '69234237810729234', ['orders:read'], {
        tenant: '69234237810000001',
        roles: ['clerk'],
      }),
      service: service('77776025198584999', 'night-batch', ['orders:read'], { tenant: '69234237810000001' }),
    },
  ],
  [
    'WorkOS',
    {
      options: workos({ domain: 'shop.authkit.test', audience: [MCP, ENVIRONMENT], tenants: [ORG], jwks }),
      tokens: workosTokens,
      user: user('user_01JQ0E27VT3MH79RY0FVA4QBP9', 'client_01JP8BD0CZ401TDF9X54NT5ZEK', ['openid', 'orders:read'], {
        tenant: ORG,
      }),
      service: service('client_01JQ0M2MNIGHTBATCH0000000', 'client_01JQ0M2MNIGHTBATCH0000000', ['orders:read'], {
        tenant: ORG,
      }),
    },
  ],
  [
    'Cognito',
    {
      options: cognito({ region: 'eu-central-1', userPoolId: 'eu-central-1_EXAMPLE', audience: [MCP, MACHINE], jwks }),
      tokens: cognitoTokens,
      user: user('aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee', 'xxxxxxxxxxxxexample', [`${MCP}/orders:read`, 'openid'], {
        roles: ['clerk'],
      }),
      service: service(MACHINE, MACHINE, [`${MCP}/orders:read`]),
    },
  ],
];
