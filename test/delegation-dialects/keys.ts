import { type ClientOptions } from 'nestjs-eie';
import { newKeyPair } from '../support/key-pair.js';

const privateJwk = () => newKeyPair('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });

/** The server's own key, as its issuers know it: by its id. */
export const byKey = (clientId: string): ClientOptions => ({
  clientId,
  auth: { method: 'private_key_jwt', key: { ...KEY, alg: 'RS256', kid: 'mcp-server-1' } },
});

/** The same for an issuer that knows a certificate. */
export const byCertificate = (clientId: string): ClientOptions => ({
  clientId,
  auth: { method: 'private_key_jwt', key: { ...KEY, alg: 'PS256', 'x5t#S256': THUMBPRINT } },
});

export const bySecret = (clientId: string, method: 'client_secret_basic' | 'client_secret_post'): ClientOptions => ({
  clientId,
  auth: { method, secret: `secret of ${clientId}: 100%+` },
});

export const THUMBPRINT = 'A1bC2dE3fH4iJ5kL6mN7oP8qR9sT0uV1wX2yZ3aB4cD';
const KEY = privateJwk();
