import { IsOptional, IsUrl } from 'class-validator';
import { EieConfigurationError } from 'nestjs-eie';
import {
  auth0,
  cloudflareAccess,
  cognito,
  defineProvider,
  duende,
  entraId,
  githubActions,
  gitlabCi,
  googleIap,
  keycloak,
  kinde,
  kubernetes,
  logto,
  okta,
  oryHydra,
  pingOne,
  stytch,
  supabase,
  workos,
  zitadel,
} from 'nestjs-eie/presets';
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

  it.each([
    [
      'supabase',
      supabase({ url: 'https://ref.supabase.test/' }),
      'https://ref.supabase.test/auth/v1',
      'https://ref.supabase.test/auth/v1/.well-known/jwks.json',
    ],
    [
      'kinde',
      kinde({ domain: 'shop.kinde.test' }),
      'https://shop.kinde.test',
      'https://shop.kinde.test/.well-known/jwks',
    ],
    ['duende', duende({ url: 'https://id.shop.test' }), 'https://id.shop.test', 'discovery'],
    [
      'pingOne',
      pingOne({ domain: 'auth.pingone.test', environmentId: 'env-1' }),
      'https://auth.pingone.test/env-1/as',
      'https://auth.pingone.test/env-1/as/jwks',
    ],
    [
      'pingOne at a domain of its own',
      pingOne({ domain: 'login.shop.test' }),
      'https://login.shop.test/as',
      'https://login.shop.test/as/jwks',
    ],
    [
      'githubActions',
      githubActions({ owners: ['shop'] }),
      'https://token.actions.githubusercontent.com',
      'https://token.actions.githubusercontent.com/.well-known/jwks',
    ],
    [
      'githubActions of an enterprise',
      githubActions({ owners: ['shop'], url: 'https://github.shop.test/_services/token' }),
      'https://github.shop.test/_services/token',
      'https://github.shop.test/_services/token/.well-known/jwks',
    ],
    [
      'gitlabCi',
      gitlabCi({ url: 'https://gitlab.shop.test', namespaces: ['shop'] }),
      'https://gitlab.shop.test',
      'discovery',
    ],
    [
      'kubernetes',
      kubernetes({ url: 'https://k8s.shop.test', namespaces: ['shop'] }),
      'https://k8s.shop.test',
      'discovery',
    ],
    [
      'stytch',
      stytch({ domain: 'login.shop.test', projectId: 'project-test-1' }),
      'https://login.shop.test',
      'https://login.shop.test/.well-known/jwks.json',
    ],
    [
      'logto',
      logto({ endpoint: 'https://shop.logto.test' }),
      'https://shop.logto.test/oidc',
      'https://shop.logto.test/oidc/jwks',
    ],
    [
      'oryHydra, whose issuer may end with a slash',
      oryHydra({ url: 'https://hydra.shop.test/' }),
      'https://hydra.shop.test/',
      'https://hydra.shop.test/.well-known/jwks.json',
    ],
    [
      'googleIap',
      googleIap({ audience: ['/projects/1/apps/shop'] }),
      'https://cloud.google.com/iap',
      'https://www.gstatic.com/iap/verify/public_key-jwk',
    ],
    [
      'cloudflareAccess',
      cloudflareAccess({ teamDomain: 'shop.cloudflareaccess.test', audience: ['tag'] }),
      'https://shop.cloudflareaccess.test',
      'https://shop.cloudflareaccess.test/cdn-cgi/access/certs',
    ],
  ])('of %s names its issuer and keys', (_name, options, issuer, jwksUri) => {
    expect(options).toMatchObject({ issuer, jwksUri });
  });

  it('of a proxy says in which header its assertions come', () => {
    expect([
      googleIap({ audience: ['/projects/1/apps/shop'] }).tokenHeader,
      cloudflareAccess({ teamDomain: 'shop.cloudflareaccess.test', audience: ['tag'] }).tokenHeader,
    ]).toEqual([{ name: 'x-goog-iap-jwt-assertion' }, { name: 'cf-access-jwt-assertion' }]);
  });

  it('of entraId names the documented issuer and keys, and the one directory as tenant', () => {
    const base = `https://login.microsoftonline.com/${TENANT}`;
    expect(entraId({ tenantId: TENANT, audience: ['api'] })).toMatchObject({
      issuer: `${base}/v2.0`,
      jwksUri: `${base}/discovery/v2.0/keys`,
      tenants: [TENANT],
    });
  });

  it.each([
    ['us_government', 'https://login.microsoftonline.us'],
    ['china', 'https://login.partner.microsoftonline.cn'],
  ] as const)('of entraId names the issuer and the keys of the cloud %s', (cloud, signIn) => {
    expect(entraId({ tenantId: TENANT, audience: ['api'], cloud })).toMatchObject({
      issuer: `${signIn}/${TENANT}/v2.0`,
      jwksUri: `${signIn}/${TENANT}/discovery/v2.0/keys`,
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

  it('keeps what it says itself where an option or a claim is undefined, so that nobody else becomes the subject', () => {
    const [tenantId, audience] = [TENANT, ['6f5e0000-0000-0000-0000-000000000000']];
    const claims = { subject: undefined, tenant: undefined, roles: 'roles' } as never;
    const options = {
      algorithms: undefined,
      tenants: undefined,
      scopePrefix: undefined,
      jwks: undefined,
      claims,
    } as never;
    const plain = entraId({ tenantId, audience, claims: { roles: 'roles' } });
    const given = entraId({ tenantId, audience, ...(options as object) });
    expect({ ...given, provider: undefined }).toEqual({ ...plain, provider: undefined });
    expect(given.claims).toMatchObject({ subject: 'oid', tenant: 'tid' });
  });

  it('does not fetch keys that are given', () => {
    const options = workos({ domain: 'shop.authkit.app', jwks });
    expect(options).toMatchObject({ jwks });
    expect(options).not.toHaveProperty('jwksUri');
  });

  it.each(['issuer', 'accessTokenClaim', 'provider'])('lets nobody replace its %s', name => {
    const preset = () => workos({ domain: 'shop.authkit.app', [name]: { claim: 'iss' } });
    expect(preset).toThrow(EieConfigurationError);
    expect(preset).toThrow(`workos() has wrong options:\n  - ${name} is not an option`);
  });

  it('knows how its provider is asked for tokens, where nobody can read or change it, and a spread keeps it', () => {
    const { provider, ...rest } = { ...keycloak({ url: 'https://id.shop.test', realm: 'shop' }), maxLifetime: 600 };
    expect(rest).toMatchObject({ maxLifetime: 600, issuer: 'https://id.shop.test/realms/shop' });
    expect(JSON.stringify(provider)).toBe('{"name":"keycloak"}');
    expect(Object.isFrozen(provider)).toBe(true);
  });

  it.each<[preset: string, make: () => unknown, ...problems: string[]]>([
    ['a domain with a scheme', () => auth0({ domain: 'https://shop.eu.auth0.com' }), 'domain must be a plain name'],
    ['a domain with a path', () => workos({ domain: 'shop.authkit.app/oauth2' }), 'domain must be a plain name'],
    ['an empty domain', () => zitadel({ domain: '', projectId: '1' }), 'domain must be a plain name'],
    [
      'a realm that climbs',
      () => keycloak({ url: 'https://id.shop.test', realm: '../other' }),
      'realm must be a plain name',
    ],
    [
      'no authorization server, as for the Okta org one',
      () => okta({ domain: 'shop.okta.com', authorizationServerId: '' }),
      'authorizationServerId must be a plain name such as "default"',
    ],
    [
      'a region with a host in it',
      () => cognito({ region: 'evil.test/', userPoolId: 'eu-central-1_Ex' }),
      'region must be a plain name',
    ],
    [
      'the Entra directory "common"',
      () => entraId({ tenantId: 'common', audience: ['api'] }),
      'tenantId must be the directory id, a GUID in lower case',
    ],
    [
      'the domain of an Entra directory',
      () => entraId({ tenantId: 'shop.onmicrosoft.com', audience: ['api'] }),
      'tenantId must be the directory id, a GUID in lower case',
    ],
    [
      'a cloud that is none',
      () => entraId({ tenantId: TENANT, audience: ['api'], cloud: 'toString' as never }),
      'cloud must be one of public, us_government, china',
    ],
    [
      'a URL that is undefined',
      () => keycloak({ url: undefined, realm: 'shop' } as never),
      'url must be the https URL of Keycloak',
    ],
    [
      'something else than a URL of the web',
      () => keycloak({ url: 'ftp://id.shop.test', realm: 'shop' }),
      'url must be the https URL of Keycloak',
    ],
    [
      'the URL of a realm, as Keycloak shows it',
      () => keycloak({ url: 'https://id.shop.test/realms/shop', realm: 'shop' }),
      'url must end before "/realms"',
    ],
    ['nothing for Keycloak', () => (keycloak as () => unknown)(), 'url must be', 'realm must be a plain name'],
    ['null for Keycloak', () => keycloak(null as never), 'url must be', 'realm must be a plain name'],
    ['a word for Keycloak', () => keycloak('https://id.shop.test' as never), 'options must be an object'],
    ['nothing for Auth0', () => (auth0 as () => unknown)(), 'domain must be a plain name'],
    [
      'machine clients that are no list',
      () => auth0({ domain: 'shop.eu.auth0.com', machineClients: 'batch' } as never),
      'machineClients must be a list',
    ],
    ['nothing for Cognito', () => cognito({} as never), 'region must be', 'userPoolId must be'],
    [
      'nothing for Entra ID',
      () => entraId({} as never),
      'tenantId must be the directory id',
      'audience must list the application (client) ids',
    ],
    ['nothing for Okta', () => okta({} as never), 'domain must be', 'authorizationServerId must be'],
    ['nothing for WorkOS', () => workos({} as never), 'domain must be a plain name'],
    ['nothing for Supabase', () => supabase({} as never), 'url must be the https URL of the project'],
    ['nothing for Kinde', () => kinde({} as never), 'domain must be a plain name'],
    ['nothing for Duende', () => duende({} as never), 'url must be the https URL of the IdentityServer'],
    ['nothing for Stytch', () => stytch({} as never), 'domain must be', 'projectId must be'],
    ['nothing for Logto', () => logto({} as never), 'endpoint must be the https endpoint'],
    ['nothing for Ory Hydra', () => oryHydra({} as never), 'url must be the https URL of Hydra'],
    ['nothing for IAP', () => googleIap({} as never), 'audience must list the signed header JWT audience'],
    ['nothing for Access', () => cloudflareAccess({} as never), 'teamDomain must be', 'audience must list the AUD tag'],
    ['nothing for ZITADEL', () => zitadel({} as never), 'domain must be', 'projectId must be a plain name'],
    [
      'a misspelt parameter',
      () => workos({ domain: 'shop.authkit.app', domian: 'x' } as never),
      'domian is not an option',
    ],
    [
      'an exchange by a word of its own',
      () => workos({ domain: 'shop.authkit.app', exchange: { target: 'project' } as never }),
      'exchange.target must be "resource", "audience", "both" or "none"',
    ],
  ])('stops the boot at %s, naming option and fix', (_what, preset, ...problems) => {
    expect(preset).toThrow(EieConfigurationError);
    for (const problem of problems) expect(preset).toThrow(problem);
  });
});

describe('a provider of your own', () => {
  class AcmeParameters {
    @IsUrl({}, { message: '$property must be the URL of Acme, such as "https://id.acme.test"' })
    url: string;
  }
  const acme = defineProvider({
    name: 'acme',
    parameters: AcmeParameters,
    issuer: ({ url }) => ({
      issuer: new URL('/tenant', url).href,
      jwks,
      algorithms: ['RS256'],
      actorType: { user: { claim: 'sid' } },
      claims: { scope: 'scp' },
    }),
    exchange: { target: 'audience' },
  });

  it('is a function of its parameters, and takes every other option of an issuer beside them', () => {
    expect(acme({ url: 'https://id.acme.test', tenants: ['acme'], claims: { tenant: 'org' } })).toMatchObject({
      issuer: 'https://id.acme.test/tenant',
      tenants: ['acme'],
      claims: { scope: 'scp', tenant: 'org' },
      provider: { name: 'acme' },
    });
  });

  it('checks its parameters like every other option', () => {
    expect(() => acme({ url: 'acme' })).toThrow('acme() has wrong options:\n  - url must be the URL of Acme');
    expect(() => acme({} as never)).toThrow(EieConfigurationError);
  });

  it('that fails on parameters which its class lets through is a configuration error too', () => {
    class LenientParameters {
      @IsOptional()
      url: string;
    }
    const lenient = defineProvider({
      name: 'lenient',
      parameters: LenientParameters,
      issuer: ({ url }) => ({ issuer: url.trim(), algorithms: ['RS256'], actorType: { user: { claim: 'sid' } } }),
    });
    expect(() => lenient({} as never)).toThrow(EieConfigurationError);
    expect(() => lenient({} as never)).toThrow('lenient() cannot make an issuer of its parameters');
  });

  it('without parameters refuses any', () => {
    const fixed = defineProvider({
      name: 'fixed',
      issuer: () => ({ issuer: 'https://id.test', jwks, algorithms: ['RS256'], actorType: { user: { claim: 'sid' } } }),
    });
    expect(fixed({ maxLifetime: 60 })).toMatchObject({ issuer: 'https://id.test', maxLifetime: 60 });
    expect(() => fixed({ realm: 'shop' } as never)).toThrow('fixed(): realm is not an option');
  });

  it('with a wrong exchange stops where it is defined', () => {
    const define = () =>
      defineProvider({ name: 'wrong', issuer: () => ({}) as never, exchange: { dialect: 'saml' as never } });
    expect(define).toThrow(EieConfigurationError);
    expect(define).toThrow('exchange.dialect must be "rfc8693" or "entra_id"');
  });
});
