/** The test kit: an authorization server, and an application behind its real boundary. For `NODE_ENV` `development` and `test` alone. */
export { TestAuthorizationServer } from './authorization-server/test-authorization-server.js';
export { type Outage, type ServerPart } from './authorization-server/outages.js';
export {
  type TestAuthorizationServerOptions,
  type TestClient,
  type TestResource,
  type TestTokenRequest,
  type TestUser,
} from './authorization-server/server.options.js';
