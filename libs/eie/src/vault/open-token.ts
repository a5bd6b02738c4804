import { createDecipheriv } from 'node:crypto';
import { held, processKey } from './token-vault.js';

/** A token out of the vault, for the moment of its use. */
export interface HeldToken {
  readonly token: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** Opens the token toward the issuer that minted it, and toward no other. For the delegation service alone. */
export function openToken(owner: object, issuer: string): HeldToken | undefined {
  const sealed = held.get(owner);
  if (sealed?.issuer !== issuer) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', processKey, sealed.iv)
    .setAAD(Buffer.from(issuer))
    .setAuthTag(sealed.tag);
  return {
    token: Buffer.concat([decipher.update(sealed.box), decipher.final()]).toString('utf8'),
    expiresAt: sealed.expiresAt,
  };
}
