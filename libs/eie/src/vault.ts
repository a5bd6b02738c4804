import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** The inbound token of one request, sealed: AES-256-GCM under a key of this process. Its string and JSON forms say nothing. */
interface SealedToken {
  readonly issuer: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  readonly iv: Buffer;
  readonly box: Buffer;
  readonly tag: Buffer;
}

const processKey = randomBytes(32);
const held = new WeakMap<object, SealedToken>();

/**
 * Keeps a token for `owner` (an admitted request). Written at admission and nowhere else. In one process this is an API
 * boundary and not a sandbox.
 */
export function keepToken(owner: object, token: string, { issuer, expiresAt }: { issuer: string; expiresAt: number }): void {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', processKey, iv).setAAD(Buffer.from(issuer));
  const box = Buffer.concat([cipher.update(token, 'utf8'), cipher.final()]);
  held.set(owner, { issuer, expiresAt, iv, box, tag: cipher.getAuthTag() });
}

/** Lets another owner (an execution of the request) use the same sealed token. */
export function shareToken(from: object, to: object): void {
  const sealed = held.get(from);
  if (sealed) held.set(to, sealed);
}

/** A token out of the vault, for the moment of its use. */
export interface HeldToken {
  readonly token: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** Opens the token toward the issuer that minted it, and toward no other. For the delegation service alone. */
export function useToken(owner: object, issuer: string): HeldToken | undefined {
  const sealed = held.get(owner);
  if (sealed?.issuer !== issuer) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', processKey, sealed.iv).setAAD(Buffer.from(issuer)).setAuthTag(sealed.tag);
  return { token: Buffer.concat([decipher.update(sealed.box), decipher.final()]).toString('utf8'), expiresAt: sealed.expiresAt };
}

/** The call has ended: its token is gone. */
export function dropToken(owner: object): void {
  held.delete(owner);
}
