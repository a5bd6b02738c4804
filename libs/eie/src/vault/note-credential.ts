import { credentialMemory } from './credential-memory.js';

/**
 * Notes that this process has had a signed credential in its hands, so that no answer of a target hands it on. Only those who have just
 * admitted, obtained, sealed or received one call this. An opaque token is not noted.
 *
 * @param now seconds since the epoch
 * @param expiresAt likewise, where that is known; else it is read
 */
export function noteCredential(credential: string, now: number, expiresAt?: number): void {
  credentialMemory.note(credential, now, expiresAt);
}
