import { credentialMemory, type KnownSignature } from './credential-memory.js';

export { BEGINNING, type KnownSignature } from './credential-memory.js';

/**
 * The noted credential whose signature begins with these characters. For the guard of responses alone: no code of an application may try
 * out which credentials this process knows.
 *
 * @param beginning the first 43 characters of a signature
 */
export function knownSignature(beginning: Uint8Array): KnownSignature | undefined {
  return credentialMemory.find(beginning);
}
