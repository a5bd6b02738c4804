import { createCipheriv, randomBytes } from 'node:crypto';
import { held, processKey } from './token-vault.js';

/**
 * Keeps a token for `owner` (an admitted request). Only the admission calls it. Within one process this is an API boundary and not a
 * sandbox.
 */
export function keepToken(
  owner: object,
  token: string,
  { issuer, expiresAt }: { issuer: string; expiresAt: number },
): void {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', processKey, iv).setAAD(Buffer.from(issuer));
  const box = Buffer.concat([cipher.update(token, 'utf8'), cipher.final()]);
  held.set(owner, { issuer, expiresAt, iv, box, tag: cipher.getAuthTag() });
}
