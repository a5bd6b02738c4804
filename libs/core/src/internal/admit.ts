/**
 * Makes an identity: of a verified token, or one that is only supposed, for the boundary of `nestjs-eie` alone; of a configuration, for its stdio
 * alone; of an opened job, for its workers.
 */
export { admit, admittedAgain, admittedAs, admittedIdentity, suppose } from '../identity/admitted-identity.js';
export { configuredIdentity } from '../identity/configured-identity.js';
export { admitJob, stillRegistered } from '../identity/job-identity.js';
