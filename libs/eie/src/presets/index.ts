/** nestjs-eie/presets: what is known of an identity provider, as the options of one issuer. */
export { auth0, Auth0Parameters } from './auth0.js';
export { cognito, CognitoParameters } from './cognito.js';
export { defineProvider, type Preset, type ProviderDefinition, type ProviderOverrides } from './define-provider.js';
export { entraId, EntraIdParameters } from './entra-id.js';
export { ExchangeOptions } from '../options/exchange.options.js';
export { keycloak, KeycloakParameters } from './keycloak.js';
export { okta, OktaParameters } from './okta.js';
export { workos, WorkosParameters } from './workos.js';
export { zitadel, ZitadelParameters } from './zitadel.js';
