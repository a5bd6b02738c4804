/** nestjs-eie/presets: what is known of an identity provider, as the options of one issuer. */
export { auth0, Auth0Parameters } from './auth0.js';
export { cloudflareAccess, CloudflareAccessParameters } from './cloudflare-access.js';
export { cognito, CognitoParameters } from './cognito.js';
export { defineProvider, type Preset, type ProviderDefinition, type ProviderOverrides } from './define-provider.js';
export { duende, DuendeParameters } from './duende.js';
export { entraId, EntraIdParameters } from './entra-id.js';
export { ExchangeOptions } from '../options/exchange.options.js';
export { googleIap, GoogleIapParameters } from './google-iap.js';
export { keycloak, KeycloakParameters } from './keycloak.js';
export { kinde, KindeParameters } from './kinde.js';
export { logto, LogtoParameters } from './logto.js';
export { okta, OktaParameters } from './okta.js';
export { oryHydra, OryHydraParameters } from './ory-hydra.js';
export { stytch, StytchParameters } from './stytch.js';
export { supabase, SupabaseParameters } from './supabase.js';
export { workos, WorkosParameters } from './workos.js';
export { zitadel, ZitadelParameters } from './zitadel.js';
