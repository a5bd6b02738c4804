/** execution-identity: who acts, proven and signed. The format, its verification and its ports, for any Node server. */
export { EieConfigurationError, EieError, type StepUp } from './errors.js';
export { type BearerError, type EieErrorCode, type Wire, wireOf } from './reasons.js';

export { type ReceiverPolicy, verifyDelegatedCall } from './receiver/verify-delegated-call.js';
export { type CallHeaders } from './receiver/call-credentials.js';
export { type Presenter } from './receiver/agreement.js';
export { type SealTrust } from './txn/open.js';

export {
  type Actor,
  type Agent,
  type Authorization,
  type Delegation,
  DELEGATION_MODES,
  type DelegationMode,
  type EnvelopeParts,
  ExecutionIdentityEnvelope,
  type Meta,
  type Session,
} from './identity/execution-identity-envelope.js';
export { type AdmittedIdentity } from './identity/admitted-identity.js';
export { type ToolContext } from './identity/tool-context.js';

export { type AgentRef } from './token/actor-chain.js';
export { type AccessToken } from './token/claims-policy.js';
export {
  type ClaimMatch,
  type ClaimPath,
  type ClaimPaths,
  DEFAULT_CLAIM_PATHS,
  type IssuerPolicy,
  TOKEN_ALGORITHMS,
  type TokenAlgorithm,
} from './token/issuer-policy.js';
export { type JwkSet, type PublicJwk } from './token/jwk-set.js';
export { type KeySource, type KeySourceIo, remoteKeys, staticKeys } from './token/key-source.js';
export { verifyAccessToken } from './token/verify-access-token.js';

export { decide } from './policy/decide.js';
export { type HandlerPolicy, type Requirement } from './policy/requirement.js';
export { ScopeHierarchy } from './policy/scope-hierarchy.js';

export {
  type AuditedCall,
  type AuditEvent,
  type AuditEventType,
  type AuditOutcome,
  type AuditReason,
  type EffectiveDelegation,
} from './audit/audit-event.js';
export { AuditLog } from './audit/audit-log.js';
export { FileAuditLog } from './audit/file.audit-log.js';

export { type Diagnostic, type Diagnostics } from './ports/diagnostics.js';
export { ReplayStore } from './ports/replay-store.js';
export { type RevocableIdentity, type RevokedIdentity } from './ports/revocable-identity.js';
export { TXN_TOKEN_HEADER } from './txn/txn-claims.js';
