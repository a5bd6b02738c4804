import { type TestTokenRequest } from '../authorization-server/server.options.js';

/** Who calls a test application, and with which rights. It becomes a token of the issuer of the application, which the boundary verifies. */
export interface TestIdentity extends TestTokenRequest {
  /** The issuer that says so, by its name in the options of the application. Default: the first. */
  readonly issuer?: string;
}
