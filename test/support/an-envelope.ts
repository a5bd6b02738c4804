import { type AdmittedIdentity, type ExecutionIdentityEnvelope } from 'execution-identity';
import { admittedIdentity } from 'execution-identity/internal/admit';
import { issue } from 'execution-identity/internal/issue';

const ISSUER = 'https://login.test';

/** An identity that was admitted, without a token. */
export const anAdmitted = (changes: Partial<AdmittedIdentity> = {}): AdmittedIdentity =>
  admittedIdentity({
    actor: { type: 'user', issuer: ISSUER, sub: 'alice' },
    agent: { type: 'mcp_agent', issuer: ISSUER, id: 'bot', client_id: 'desk', source: 'client', chain: [] },
    isAgentRegistered: true,
    authorization: { scopes: [], confidence: 'verified' },
    issuedAt: 0,
    expiresAt: 2_000_000_000,
    ...changes,
  });

/** An envelope of an execution without targets. */
export const anEnvelope = (admitted = anAdmitted()): ExecutionIdentityEnvelope =>
  issue(admitted, { issuer: 'https://mcp.test', traceId: 'a'.repeat(32), targets: [], lifetime: 300, now: 1 });
