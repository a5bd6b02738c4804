import { Logger } from '@nestjs/common';
import { KeyRing } from 'execution-identity/internal/seal';
import { type EieOptions } from '../options/eie.options.js';

/** The audience of what this server seals: by default the host of its resource. */
export function trustDomainOf({ resource, signing }: Pick<EieOptions, 'resource' | 'signing'>): string {
  const named = typeof signing === 'object' ? signing.trustDomain : undefined;
  return named ?? new URL(resource).host;
}

/** The keys that seal envelopes; `undefined` for a server whose targets get none. */
export async function keyRingOf({ signing }: Pick<EieOptions, 'signing'>): Promise<KeyRing | undefined> {
  if (signing === undefined) return undefined;
  if (signing !== 'ephemeral')
    return KeyRing.from([...(signing.signer ? [signing.signer] : []), ...(signing.keys ?? [])]);
  new Logger('EieModule').warn(
    'signing is "ephemeral": envelopes are sealed with a key that only this process has and that is gone when it stops. Use a private JWK Set where more than one process seals.',
  );
  return KeyRing.ephemeral();
}
