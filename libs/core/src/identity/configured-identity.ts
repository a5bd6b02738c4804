import { type AdmittedIdentity, admittedIdentity } from './admitted-identity.js';

/** Who a process acts for by the word of whoever configured it: no credential says so. */
export interface ConfiguredIdentity {
  readonly issuer: string;
  readonly sub: string;
  readonly type: 'user' | 'service';
  readonly tenant?: string;
  readonly clientId: string;
  /** Who executes, as `issuer` names it. */
  readonly agent: string;
  readonly scopes: readonly string[];
  readonly roles?: readonly string[];
}

/**
 * The identity of a process on stdio. It does NOT verify anything: who can start the process has its identity. It does not expire by
 * itself.
 *
 * @param issuedAt seconds since the epoch: what is revoked later ends it for as long as the process runs
 */
export function configuredIdentity(
  { issuer, sub, type, tenant, clientId, agent, scopes, roles }: ConfiguredIdentity,
  issuedAt: number,
): AdmittedIdentity {
  return admittedIdentity({
    actor: Object.freeze({ type, issuer, sub, ...(tenant !== undefined && { tenant }) }),
    agent: Object.freeze({
      type: 'mcp_agent',
      issuer,
      id: agent,
      client_id: clientId,
      source: 'configuration',
      chain: Object.freeze([Object.freeze({ issuer, sub: agent })]),
    }),
    authorization: Object.freeze({
      scopes: Object.freeze([...scopes]),
      confidence: 'configured',
      ...(roles && { roles: Object.freeze([...roles]) }),
    }),
    issuedAt,
    expiresAt: Infinity,
  });
}
