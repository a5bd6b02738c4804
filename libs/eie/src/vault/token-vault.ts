import { randomBytes } from 'node:crypto';

/** The inbound token of one request, encrypted with AES-256-GCM under a key of this process. */
export interface SealedToken {
  readonly issuer: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  readonly iv: Buffer;
  readonly box: Buffer;
  readonly tag: Buffer;
}

export const processKey = randomBytes(32);
export const held = new WeakMap<object, SealedToken>();
