import { type IssuerOptions } from 'nestjs-eie';
import { auth0, entraId, keycloak, okta, zitadel } from 'nestjs-eie/presets';
import { auth0Tokens } from '../presets/fixtures/auth0.js';
import { API, entraIdTokens, TENANT } from '../presets/fixtures/entra-id.js';
import { keycloakTokens } from '../presets/fixtures/keycloak.js';
import { oktaTokens } from '../presets/fixtures/okta.js';
import { type DocumentedToken, having } from '../presets/fixtures/tokens.js';
import { PROJECT, zitadelTokens } from '../presets/fixtures/zitadel.js';
import { jwks } from '../presets/providers.js';
import { MCP, ORDERS } from '../support/world.js';
import * as auth0Fake from './fakes/auth0.js';
import * as entraIdFake from './fakes/entra-id.js';
import * as keycloakFake from './fakes/keycloak.js';
import * as oktaFake from './fakes/okta.js';
import * as rfc8693Fake from './fakes/rfc8693.js';
import * as zitadelFake from './fakes/zitadel.js';
import { type Shop, startShop, type Target, type Way } from './shop.js';
import { type Provider, Refusal, startTokenEndpoint, type TokenEndpoint } from './token-endpoint.js';

const orders = (resource: string, more: object = {}): Target => ({ resource, scopes: ['orders:read'], ...more });
const READ = `${zitadelFake.ROLE}orders.read`;

/** A text that nobody documents: no part of it may be seen anywhere. */
const SECRET = 'alice@shop.test eyJhbGciOiJub25lIn0.e30.c2VjcmV0';
const TARGET: [fake: () => Provider, issuer: IssuerOptions, target: Target, token: DocumentedToken] = [
  rfc8693Fake.rfc8693Fake,
  rfc8693Fake.issuerOptions(),
  orders(ORDERS),
  rfc8693Fake.userToken,
];

type Said = [
  body: { error?: unknown; [member: string]: unknown },
  code: string,
  detail: string | null,
  status?: number,
];
const text = (error: string, error_description: string) => ({ error, error_description });
const aadsts = (number: number, error = 'invalid_grant', more: object = {}) => ({
  error,
  error_description: `AADSTS${number}: ${SECRET}`,
  error_codes: [number],
  ...more,
});
const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';

const PROVIDERS: [name: string, server: typeof TARGET, said: Said[]][] = [
  [
    'an authorization server of the standard',
    TARGET,
    [
      [{ error: 'consent_required' }, 'delegation_consent_required', 'consent_required'],
      [{ error: 'invalid_target' }, 'delegation_audience_unavailable', 'invalid_target'],
      [{ error: 'unauthorized_client' }, 'delegation_misconfigured', 'unauthorized_client'],
      [{ error: 'invalid_request' }, 'delegation_denied', 'invalid_request'],
      [text('invalid_request', 'Invalid token'), 'delegation_denied', 'invalid_request'],
      [{ error: 'temporarily_unavailable' }, 'delegation_unavailable', 'temporarily_unavailable', 503],
      [{ error: 'too_many_requests' }, 'delegation_rate_limited', 'other', 429],
      [{ error: '__proto__' }, 'delegation_denied', 'other'],
      [{ error: SECRET, error_description: SECRET, error_codes: [65001] }, 'delegation_denied', 'other'],
      [{ status: 404, error: 'Not Found', path: SECRET }, 'delegation_unavailable', null, 404],
      [{ error: 'HTTP 405 Method Not Allowed' }, 'delegation_unavailable', null, 405],
      [{ error: 'invalid_target' }, 'delegation_audience_unavailable', 'invalid_target', 404],
      [{ error: { code: 403, message: SECRET, status: 'PERMISSION_DENIED' } }, 'delegation_unavailable', null, 403],
      [{ errorCode: 'E0000007', errorSummary: SECRET }, 'delegation_unavailable', null, 404],
    ],
  ],
  [
    'Entra ID',
    [
      entraIdFake.entraIdFake,
      entraId({ tenantId: TENANT, audience: [API], jwks, client: entraIdFake.CLIENT }),
      orders(entraIdFake.ORDERS_URI, { audience: entraIdFake.ORDERS_API, scopes: { 'orders:read': ['Orders.Read'] } }),
      entraIdTokens.access,
    ],
    [
      [aadsts(65001), 'delegation_consent_required', 'AADSTS65001'],
      [aadsts(50105), 'delegation_user_not_assigned', 'AADSTS50105'],
      [aadsts(53003, 'invalid_grant', { claims }), 'delegation_step_up', 'AADSTS53003'],
      [aadsts(53003), 'delegation_denied', 'AADSTS53003'],
      [aadsts(530084), 'delegation_denied', 'AADSTS530084'],
      [aadsts(240002), 'delegation_misconfigured', 'AADSTS240002'],
      [aadsts(50146, 'invalid_request'), 'delegation_misconfigured', 'AADSTS50146'],
      [aadsts(50076, 'interaction_required', { claims }), 'delegation_step_up', 'AADSTS50076'],
      [aadsts(50079), 'delegation_step_up', 'AADSTS50079'],
      [aadsts(50013), 'delegation_reauthenticate', 'AADSTS50013'],
      [aadsts(500131), 'delegation_misconfigured', 'AADSTS500131'],
      [aadsts(700016, 'unauthorized_client'), 'delegation_misconfigured', 'AADSTS700016'],
      [aadsts(7000215, 'invalid_client'), 'delegation_misconfigured', 'AADSTS7000215', 401],
      [aadsts(500011, 'invalid_resource'), 'delegation_audience_unavailable', 'AADSTS500011'],
      [text('invalid_grant', 'AADSTS65001: no list of codes'), 'delegation_consent_required', 'AADSTS65001'],
      [aadsts(90055), 'delegation_rate_limited', 'AADSTS90055'],
      [aadsts(99999999), 'delegation_reauthenticate', 'invalid_grant'],
    ],
  ],
  [
    'Keycloak',
    [
      keycloakFake.keycloakFake,
      keycloak({
        url: 'https://id.shop.test',
        realm: 'shop',
        jwks,
        client: keycloakFake.CLIENT,
        toleratedAudiences: ['mcp-server'],
      }),
      orders('orders-api'),
      having(keycloakTokens.access, { aud: [MCP, 'mcp-server'] }),
    ],
    [
      [
        text('invalid_request', 'Standard token exchange is not enabled for the requested client'),
        'delegation_misconfigured',
        'token_exchange_not_enabled',
      ],
      [
        text('invalid_request', `Requested audience not available: ${SECRET}`),
        'delegation_audience_unavailable',
        'audience_not_available',
      ],
      [text('invalid_request', 'Invalid token'), 'delegation_reauthenticate', 'subject_token_invalid'],
      [
        text('invalid_scope', `Missing consents for Token Exchange in client ${SECRET}`),
        'delegation_consent_required',
        'consents_missing',
      ],
      [
        text('access_denied', 'Client is not within the token audience'),
        'delegation_denied',
        'client_not_in_token_audience',
        403,
      ],
      [text('invalid_request', SECRET), 'delegation_denied', 'invalid_request'],
    ],
  ],
  [
    'Okta',
    [
      oktaFake.oktaFake,
      okta({
        domain: 'shop.okta.test',
        authorizationServerId: 'aus9o8wzkhckw9TLa0h7',
        audience: ['api://shop'],
        jwks,
        client: oktaFake.CLIENT,
      }),
      orders('api://shop'),
      having(oktaTokens.access, { aud: 'api://shop' }),
    ],
    [
      [
        text('access_denied', 'User is not assigned to the client application.'),
        'delegation_user_not_assigned',
        'user_not_assigned',
      ],
      [
        text('invalid_grant', "'subject_token' is invalid: the user is not assigned to the client application."),
        'delegation_user_not_assigned',
        'user_not_assigned',
      ],
      [
        text('access_denied', 'Policy evaluation failed for this request, please check the policy configurations.'),
        'delegation_denied',
        'policy_evaluation_failed',
      ],
      [
        {
          errorCode: 'invalid_client',
          errorSummary: SECRET,
          errorLink: 'invalid_client',
          errorId: 'oae',
          errorCauses: [],
        },
        'delegation_misconfigured',
        'invalid_client',
        401,
      ],
      [{ errorCode: 'E0000047', errorSummary: SECRET }, 'delegation_rate_limited', null, 429],
    ],
  ],
  [
    'Auth0',
    [
      auth0Fake.auth0Fake,
      auth0({ domain: 'shop.eu.auth0.test', tenants: ['org_9ybsU1dN2dKfDkBi'], jwks, client: auth0Fake.CLIENT }),
      orders(ORDERS),
      auth0Tokens.access,
    ],
    [
      [
        text('access_denied', `Service not enabled within domain: ${SECRET}`),
        'delegation_audience_unavailable',
        'service_not_enabled',
        403,
      ],
      [
        text('access_denied', `Client "${SECRET}" is not authorized to access resource server "x".`),
        'delegation_misconfigured',
        'client_grant_missing',
        403,
      ],
      [text('mfa_required', SECRET), 'delegation_step_up', 'mfa_required', 403],
      [text('too_many_requests', SECRET), 'delegation_rate_limited', 'too_many_requests', 429],
    ],
  ],
  [
    'ZITADEL',
    [
      zitadelFake.zitadelFake,
      zitadel({
        domain: 'shop.zitadel.test',
        projectId: PROJECT,
        tenants: ['69234237810000001'],
        jwks,
        client: zitadelFake.APPLICATION,
        toleratedAudiences: [zitadelFake.ORDERS_PROJECT],
      }),
      { resource: zitadelFake.ORDERS_PROJECT, scopes: [READ] },
      having(zitadelTokens.access, { aud: [PROJECT, zitadelFake.ORDERS_PROJECT], scope: READ }),
    ],
    [
      [text('invalid_request', 'subject_token invalid'), 'delegation_reauthenticate', 'subject_token_invalid'],
      [
        text('invalid_target', `audience "${SECRET}" not found in subject or actor token`),
        'delegation_audience_unavailable',
        'invalid_target',
      ],
    ],
  ],
];

describe.each(PROVIDERS)('what %s says of an exchange', (_name, [fake, issuer, target, token], said) => {
  let endpoint: TokenEndpoint;
  let shop: Shop;
  beforeAll(async () => {
    endpoint = await startTokenEndpoint(fake());
    shop = await startShop(endpoint, issuer, target);
  });
  afterAll(() => shop?.close());

  const ask = (way: Way, [body, , , status = 400]: Said) => {
    endpoint.next = new Refusal(status, body);
    return shop.call(way, token);
  };

  it('is told apart, and both records have its code if that is known, and never its text', async () => {
    for (const one of said) {
      const [body, code, detail] = one;
      const { result, sent, outcome, execution, challenge = '' } = await ask('impersonated', one);
      expect({ body, result, sent, reason: outcome.reason, detail: outcome.detail_code }).toEqual({
        body,
        result: code,
        sent: [],
        reason: code,
        detail,
      });
      expect(execution).toMatchObject({ outcome: 'failed', reason: code, detail_code: detail });
      for (const part of SECRET.split(' ')) expect(JSON.stringify([outcome, execution, challenge])).not.toContain(part);
    }
  });
});

describe('an authorization server that refuses this server a token of its own', () => {
  it.each(['invalid_grant', 'interaction_required', 'consent_required'])(
    'by %s asks nothing of a user: the set-up of this server is wrong',
    async error => {
      const endpoint = await startTokenEndpoint(TARGET[0]());
      const shop = await startShop(endpoint, TARGET[1], TARGET[2]);
      endpoint.next = new Refusal(400, { error });
      const { result, challenge, outcome } = await shop.call('service', TARGET[3]);
      await shop.close();
      expect({ result, challenge, outcome }).toMatchObject({
        result: 'delegation_misconfigured',
        challenge: undefined,
        outcome: { outcome: 'failed', detail_code: error },
      });
    },
  );
});
