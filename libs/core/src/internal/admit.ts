/** Turns a verified token into an identity. For the boundary of `nestjs-eie` alone. */
export { admit } from '../identity/admitted-identity.js';
