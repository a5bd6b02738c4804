import { API, entraIdTokens, TENANT } from '../../presets/fixtures/entra-id.js';
import { having, without } from '../../presets/fixtures/tokens.js';
import { sign } from '../../presets/providers.js';
import { byCertificate } from '../keys.js';
import { ANYTHING, demand, isFor, issuedBy, words } from '../shape.js';
import { type Provider, refuse } from '../token-endpoint.js';

const issuerOf = (tenant: string): string => `https://login.microsoftonline.com/${tenant}/v2.0`;
export const ISSUER = issuerOf(TENANT);
/** The application of the MCP server: its client id is the audience of the tokens that it is sent. */
export const CLIENT = byCertificate(API);
/** The orders API: its application ID URI, and its client id. */
export const ORDERS_URI = 'api://orders.shop.test';
export const ORDERS_API = '33334444-dddd-5555-eeee-6666ffff7777';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const OPENID = ['openid', 'profile', 'email', 'offline_access'];

/** As Entra ID words it: "Microsoft Entra authentication and authorization error codes". */
export const aadsts = (status: number, error: string, code: number, text: string, more: object = {}): never =>
  refuse(status, error, `AADSTS${code}: ${text}`, {
    error_codes: [code],
    timestamp: '2026-11-21 12:00:00Z',
    trace_id: TENANT,
    correlation_id: TENANT,
    ...more,
  });

/**
 * Microsoft identity platform: "On-Behalf-Of flow", "Client credentials flow", "Certificate credentials", "Scopes and permissions",
 * "Claims challenges" (`claims`). `consented` are delegated permissions, `beside` stands in the answer's `scope` as well. Each directory has a
 * token endpoint of its own.
 */
export function entraIdFake(
  consented = ['Orders.Read'],
  beside: string[] = [],
  { tenant = TENANT, clients = [CLIENT] } = {},
): Provider {
  const tokenEndpoint = `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`;
  const directory = { iss: issuerOf(tenant), tid: tenant };

  /** "If consent exists, the returned token contains all scopes granted for that resource": said of `/.default`. */
  const granted = (scopes: string[]): string[] => {
    const asked = scopes.filter(scope => !OPENID.includes(scope));
    if (!asked.length || asked.some(scope => !scope.startsWith(`${ORDERS_URI}/`)))
      aadsts(400, 'invalid_resource', 500011, 'The resource principal was not found in the tenant');
    const names = asked.map(scope => scope.slice(ORDERS_URI.length + 1));
    if (names.includes('.default'))
      return names.length === 1
        ? consented
        : aadsts(400, 'invalid_scope', 70011, ".default scope can't be combined with resource-specific scopes");
    if (names.some(name => !consented.includes(name)))
      aadsts(400, 'invalid_grant', 65001, 'The user or administrator has not consented', {
        suberror: 'consent_required',
      });
    return names;
  };

  async function onBehalfOf(parameters: Record<string, string>, clientId: string): Promise<object> {
    demand(parameters, {
      grant_type: JWT_BEARER,
      assertion: ANYTHING,
      requested_token_use: 'on_behalf_of',
      scope: ANYTHING,
      claims: { optional: /^\{/ },
    });
    const assertion = await issuedBy(directory.iss, parameters.assertion!);
    if (!assertion || !isFor(assertion, clientId) || assertion.scp === undefined)
      return aadsts(400, 'invalid_grant', 50013, 'Assertion failed signature validation');
    const scopes = words(parameters.scope);
    const names = granted(scopes);
    const { oid, tid } = assertion;
    const token = having(entraIdTokens.access, {
      ...directory,
      aud: ORDERS_API,
      azp: clientId,
      azpacr: '2',
      scp: names.join(' '),
      oid,
      tid,
      sub: 'BBBBBBBBBBBBBBBBBBBBBIkzqFVrSaSaFHy782bbtaQ',
      uti: 'obo',
    });
    return {
      token_type: 'Bearer',
      scope: [...names.map(name => `${ORDERS_URI}/${name}`), ...beside].join(' '),
      expires_in: 3269,
      ext_expires_in: 0,
      access_token: await sign(
        scopes.includes('profile') ? token : without(token, 'oid', 'tid', 'name', 'preferred_username'),
      ),
    };
  }

  async function clientCredentials(parameters: Record<string, string>, clientId: string): Promise<object> {
    demand(parameters, { grant_type: 'client_credentials', scope: `${ORDERS_URI}/.default` });
    const token = having(entraIdTokens.service, {
      ...directory,
      aud: ORDERS_API,
      azp: clientId,
      azpacr: '2',
      oid: 'ccccdddd-2222-eeee-3333-ffff4444bbbb',
      sub: 'ccccdddd-2222-eeee-3333-ffff4444bbbb',
    });
    return { token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599, access_token: await sign(token) };
  }

  return {
    issuer: directory.iss,
    tokenEndpoint,
    clients,
    assertionAudience: tokenEndpoint,
    grant: async (parameters, clientId) => {
      if (parameters.grant_type === 'client_credentials') return clientCredentials(parameters, clientId);
      if (parameters.grant_type === JWT_BEARER) return onBehalfOf(parameters, clientId);
      return aadsts(
        400,
        'unsupported_grant_type',
        70003,
        `The app requested an unsupported grant type '${parameters.grant_type}'.`,
      );
    },
  };
}
