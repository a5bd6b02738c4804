/** Makes an identity: of a verified token, for the boundary of `nestjs-eie` alone; of a configuration, for its stdio alone. */
export { admit, admittedAgain, admittedIdentity } from '../identity/admitted-identity.js';
export { configuredIdentity } from '../identity/configured-identity.js';
