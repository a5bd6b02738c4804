import { type EieOptions } from 'nestjs-eie';
import { newKeyPair } from '../../support/key-pair.js';
import { NoAuditLog, trusting } from '../load/ours.js';
import { type PublicKeys } from '../load/tokens.js';
import { CLIENT } from './server-parts.js';

/** The audience of the tokens of each target: it decides what the authorization server does. */
export const AUDIENCES = {
  service: 'https://billing.bench.test',
  delegation: 'https://orders.bench.test',
  impersonation: 'https://invoices.bench.test',
  /** Its tokens expire before they could be used again, so that each call has one exchanged. */
  shortLived: 'https://archive.bench.test',
};

/** By name: the targets of the application of this benchmark. */
const targetsAt = (baseUrl: string, issuer: string) => {
  const common = { baseUrl, issuer, scopes: ['orders:read', 'invoices:read'] };
  return {
    billing_api: { ...common, mode: 'service_identity' as const, resource: AUDIENCES.service },
    orders_api: { ...common, mode: 'on_behalf_of' as const, resource: AUDIENCES.delegation },
    invoices_api: {
      ...common,
      mode: 'restricted_user' as const,
      resource: AUDIENCES.impersonation,
      reason: 'The invoices of this benchmark read no actor.',
    },
    archive_api: { ...common, mode: 'on_behalf_of' as const, resource: AUDIENCES.shortLived },
  };
};

export type TargetName = keyof ReturnType<typeof targetsAt>;

/** Options with these targets, at an API and a token endpoint on this machine. */
export function delegating(keys: PublicKeys, at: { readonly api: string; readonly tokenEndpoint: string }): EieOptions {
  const { issuers, ...options } = trusting(keys, { log: new NoAuditLog() });
  const [issuer] = issuers as [Extract<EieOptions['issuers'][number], { issuer: string }>];
  const client = {
    clientId: CLIENT,
    auth: { method: 'client_secret_basic' as const, secret: 'secret-of-the-benchmark' },
  };
  return {
    ...options,
    issuers: [{ ...issuer, client, metadata: { tokenEndpoint: at.tokenEndpoint } }],
    targets: targetsAt(at.api, issuer.issuer),
    signing: { keys: [sealingKey()] },
  };
}

const sealingKey = () => ({ ...newKeyPair().privateKey.export({ format: 'jwk' }), kty: 'EC', kid: 'seal-1' });
