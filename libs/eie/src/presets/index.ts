/** nestjs-eie/presets: what is known of an identity provider, as the options of one issuer. */
export { auth0, type Auth0Preset } from './auth0.js';
export { cognito, type CognitoPreset } from './cognito.js';
export { entraId, type EntraIdPreset } from './entra-id.js';
export { keycloak, type KeycloakPreset } from './keycloak.js';
export { okta, type OktaPreset } from './okta.js';
export { type PresetOverrides } from './preset.js';
export { workos, type WorkosPreset } from './workos.js';
export { zitadel, type ZitadelPreset } from './zitadel.js';
