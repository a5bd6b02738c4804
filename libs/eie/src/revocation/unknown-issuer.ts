import { type Diagnostics } from 'execution-identity';
import { printable, STORE_DEADLINE, withinDeadline } from 'execution-identity/internal';
import { type ServerProfile } from '../configuration/server-profile.js';

/**
 * Tells the operator of a revocation that names an issuer which no issuer source knows now. It may have been suspended before its identities were
 * ended; or its name is misspelt, and nobody is revoked. A source that fails or is late says nothing.
 */
export async function tellUnknown(
  issuer: string,
  profile: Pick<ServerProfile, 'accepts'>,
  diagnostics: Diagnostics,
): Promise<void> {
  const isKnown = await withinDeadline(STORE_DEADLINE, () => profile.accepts(issuer)).catch(() => true);
  if (isKnown) return;
  diagnostics.report({
    level: 'warn',
    message: `Identities of ${printable(issuer)} are revoked, and the issuer source does not know that issuer now. If you have not suspended it, compare the name with "iss" of its tokens.`,
  });
}
