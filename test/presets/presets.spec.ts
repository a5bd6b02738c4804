import { EieConfigurationError } from 'nestjs-eie';
import { auth0, cognito, entraId, keycloak, okta, workos, zitadel } from 'nestjs-eie/presets';
import { TENANT } from './fixtures/entra-id.js';
import { jwks } from './providers.js';

describe('a preset', () => {
  it.each([
    [
      'keycloak',
      keycloak({ url: 'https://id.shop.test', realm: 'shop' }),
      'https://id.shop.test/realms/shop',
      '/protocol/openid-connect/certs',
    ],
    [
      'keycloak under a path',
      keycloak({ url: 'https://shop.test/auth/', realm: 'shop' }),
      'https://shop.test/auth/realms/shop',
      '/protocol/openid-connect/certs',
    ],
    ['auth0', auth0({ domain: 'shop.eu.auth0.com' }), 'https://shop.eu.auth0.com/', '.well-known/jwks.json'],
    [
      'okta',
      okta({ domain: 'shop.okta.com', authorizationServerId: 'default' }),
      'https://shop.okta.com/oauth2/default',
      '/v1/keys',
    ],
    [
      'zitadel',
      zitadel({ domain: 'shop.zitadel.cloud', projectId: '1' }),
      'https://shop.zitadel.cloud',
      '/oauth/v2/keys',
    ],
    ['workos', workos({ domain: 'shop.authkit.app' }), 'https://shop.authkit.app', '/oauth2/jwks'],
    [
      'cognito',
      cognito({ region: 'eu-central-1', userPoolId: 'eu-central-1_Ex' }),
      'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ex',
      '/.well-known/jwks.json',
    ],
  ])('of %s names the documented issuer and keys', (_name, options, issuer, keys) => {
    expect(options).toMatchObject({ issuer, jwksUri: issuer + keys, algorithms: ['RS256'] });
  });

  it('of entraId names the documented issuer and keys, and the one directory as tenant', () => {
    const base = `https://login.microsoftonline.com/${TENANT}`;
    expect(entraId({ tenantId: TENANT, audience: ['api'] })).toMatchObject({
      issuer: `${base}/v2.0`,
      jwksUri: `${base}/discovery/v2.0/keys`,
      tenants: [TENANT],
    });
  });

  it('takes what the operator says instead, claim by claim', () => {
    const options = okta({
      domain: 'shop.okta.com',
      authorizationServerId: 'default',
      algorithms: ['ES256'],
      maxLifetime: 600,
      claims: { tenant: 'org' },
    });
    expect(options).toMatchObject({
      algorithms: ['ES256'],
      maxLifetime: 600,
      claims: { tenant: 'org', clientId: 'cid', scope: 'scp' },
    });
  });

  it.each([
    [
      'keycloak',
      keycloak({ url: 'https://id.shop.test', realm: 'shop' }),
      { target: 'audience', clientCredentials: 'none' },
    ],
    ['auth0', auth0({ domain: 'shop.eu.auth0.com' }), { target: 'audience', namesClient: true }],
    [
      'okta',
      okta({ domain: 'shop.okta.com', authorizationServerId: 'default' }),
      {
        target: 'audience',
        clientCredentials: 'none',
        requestedTokenType: 'none',
        assertionAudience: 'token_endpoint',
      },
    ],
    [
      'zitadel',
      zitadel({ domain: 'shop.zitadel.cloud', projectId: '1' }),
      { target: 'audience', clientCredentials: 'none', requestedTokenType: 'jwt' },
    ],
    ['workos', workos({ domain: 'shop.authkit.app' }), { clientCredentials: 'none' }],
    [
      'entraId',
      entraId({ tenantId: TENANT, audience: ['api'] }),
      { dialect: 'entra_id', assertionAudience: 'token_endpoint' },
    ],
    ['cognito', cognito({ region: 'eu-central-1', userPoolId: 'eu-central-1_Ex' }), { clientCredentials: 'none' }],
  ])('of %s knows how tokens are asked for there', (_name, options, exchange) => {
    expect(options.exchange).toEqual(exchange);
  });

  it('takes what the operator says of the exchange instead, field by field', () => {
    const options = zitadel({
      domain: 'shop.zitadel.cloud',
      projectId: '1',
      exchange: { requestedTokenType: 'access_token', parameters: { a: 'b' } },
    });
    expect(options.exchange).toEqual({
      target: 'audience',
      clientCredentials: 'none',
      requestedTokenType: 'access_token',
      parameters: { a: 'b' },
    });
  });

  it('does not fetch keys that are given', () => {
    expect(workos({ domain: 'shop.authkit.app', jwks })).toMatchObject({ jwks, jwksUri: undefined });
  });

  it('lets nobody replace the issuer, or the claim that tells access tokens from ID tokens', () => {
    // @ts-expect-error not an override
    workos({ domain: 'shop.authkit.app', accessTokenClaim: { claim: 'iss' } });
    // @ts-expect-error not an override
    workos({ domain: 'shop.authkit.app', issuer: 'https://other.test' });
  });

  it.each([
    ['a domain with a scheme', () => auth0({ domain: 'https://shop.eu.auth0.com' })],
    ['a domain with a path', () => workos({ domain: 'shop.authkit.app/oauth2' })],
    ['an empty domain', () => zitadel({ domain: '', projectId: '1' })],
    ['a realm that climbs', () => keycloak({ url: 'https://id.shop.test', realm: '../other' })],
    [
      'no authorization server, as for the Okta org one',
      () => okta({ domain: 'shop.okta.com', authorizationServerId: '' }),
    ],
    ['a region with a host in it', () => cognito({ region: 'evil.test/', userPoolId: 'eu-central-1_Ex' })],
    ['the Entra directory "common"', () => entraId({ tenantId: 'common', audience: ['api'] })],
    ['the domain of an Entra directory', () => entraId({ tenantId: 'shop.onmicrosoft.com', audience: ['api'] })],
  ])('stops the boot at %s', (_what, preset) => {
    expect(preset).toThrow(EieConfigurationError);
  });
});
