import { type AdmittedIdentity, admittedIdentity } from './admitted-identity.js';

/** For whom a process acts, as its operator configured it. There is no credential. */
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
 * The identity of a process on stdio. It does NOT verify anything: everybody who can start the process has its identity. It does not
 * expire.
 *
 * @param issuedAt seconds since the epoch; a later revocation ends the identity until the process stops
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
      registered: true,
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
