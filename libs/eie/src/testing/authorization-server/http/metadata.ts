import { TOKEN_EXCHANGE } from '../grants/token-exchange.js';
import { ALGORITHM } from '../signing-keys.js';

/** Where each part is, behind the address of the server. */
export const PATHS = {
  jwks: '/jwks',
  token: '/token',
  authorize: '/authorize',
  register: '/register',
} as const;

/** RFC 8414 §3 and OpenID Connect Discovery §4: with the path of the issuer behind it, and before it. */
export function isMetadataPath(path: string): boolean {
  return (
    /^\/\.well-known\/(oauth-authorization-server|openid-configuration)(\/|$)/.test(path) ||
    path.endsWith('/.well-known/openid-configuration')
  );
}

/** What the server says of itself: RFC 8414 §2. Its endpoints are on loopback, also where it stands in for another issuer. */
export function metadata(issuer: string, url: string): Record<string, unknown> {
  return {
    issuer,
    jwks_uri: url + PATHS.jwks,
    token_endpoint: url + PATHS.token,
    authorization_endpoint: url + PATHS.authorize,
    registration_endpoint: url + PATHS.register,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials', TOKEN_EXCHANGE],
    token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['ES256', 'RS256', 'EdDSA'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true,
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [ALGORITHM],
  };
}
