import { AuditLog, type EieOptions } from 'nestjs-eie';
import { ISSUER, type PublicKeys, RESOURCE } from './tokens.js';

/** What the rest of the pipeline takes. */
export class NoAuditLog extends AuditLog {
  append(): Promise<void> {
    return Promise.resolve();
  }
}

/** Options that trust the issuer of the benchmark. */
export const trusting = (keys: PublicKeys, audit: NonNullable<EieOptions['audit']>): EieOptions => ({
  resource: RESOURCE,
  issuers: [
    {
      issuer: ISSUER,
      jwks: { keys: [keys.jwk] },
      algorithms: ['RS256'],
      actorType: { user: { claim: 'auth_time' } },
      agents: { assistant: 'agent-assistant' },
    },
  ],
  audit,
});
