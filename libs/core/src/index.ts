/** execution-identity: who acts, proven and signed. The format, its verification and its ports, for any Node server. */
export { EieConfigurationError, EieError, type EieErrorDetails, type StepUp } from './errors.js';
export { type Finding } from './finding.js';
export { refusalLine, type RefusalPlace } from './refusal-line.js';
export { type ChallengeError, type EieErrorCode, type Wire, wireOf } from './reasons.js';

export { type ReceiverPolicy } from './receiver/receiver-policy.js';
export { verifyDelegatedCall } from './receiver/verify-delegated-call.js';
export { type CallHeaders } from './receiver/call-credentials.js';
export { type Presenter } from './receiver/agreement.js';
export { type DecodedEnvelope, type EnvelopeCodec } from './txn/envelope-codec.js';
export { ENVELOPE_HEADERS } from './txn/envelope-headers.js';
export { type SealTrust } from './txn/open.js';
export { type Signer, type SignerPurpose, type SignerUse } from './txn/signer.js';
export { transactionToken } from './txn/txn-claims.js';

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
export { type JobContent, type JobTerms } from './identity/job.js';
export { type Approval } from './identity/approval.js';
export { approvalCovers } from './identity/approval-covers.js';
export { type AdmittedIdentity } from './identity/admitted-identity.js';
export { type ToolContext } from './identity/tool-context.js';

export { type AgentRef } from './token/actor-chain.js';
export { type AccessToken } from './token/access-token.js';
export { type Ceiling, type RegisteredAgent, type TenantCeiling } from './token/ceiling.js';
export { type ClaimCondition, type ClaimMatch } from './token/claim-match.js';
export { type ClaimPath } from './token/claim-path.js';
export { type ClaimPaths, DEFAULT_CLAIM_PATHS, type IssuerPolicy } from './token/issuer-policy.js';
export { issuerPolicy } from './token/given-policy.js';
export { TOKEN_ALGORITHMS, type TokenAlgorithm } from './token/token-algorithms.js';
export { type JwkSet, type PublicJwk } from './token/jwk-set.js';
export { type KeySource, type KeySourceIo, type KeyState, remoteKeys } from './token/key-source.js';
export { staticKeys } from './token/static-keys.js';
export { ScopeHierarchy } from './token/scope-hierarchy.js';
export { verifyAccessToken } from './token/verify-access-token.js';

export { decide, type DecisionParts } from './policy/decide.js';
export { type AuthZenOptions, AuthZenPolicyEngine } from './policy/authzen.policy-engine.js';
export { CachedPolicyEngine, type DecisionCacheOptions } from './policy/cached.policy-engine.js';
export { type PolicyEngine, type PolicyEngineCheck } from './policy/policy-engine.js';
export { type DecidedIdentity, type PolicyQuestion, type QuestionDetails } from './policy/policy-question.js';
export { type AgentName, type HandlerPolicy, type LoginRequirement, type Requirement } from './policy/requirement.js';

export {
  type AuditedAgent,
  type AuditedCall,
  type AuditEvent,
  type AuditEventType,
  type AuditOutcome,
  type AuditReason,
  type EffectiveDelegation,
} from './audit/audit-event.js';
export { argumentsDigest } from './audit/arguments-digest.js';
export { AuditLog, type AuditPosition } from './audit/audit-log.js';
export { FileAuditLog, type FileAuditLogOptions } from './audit/file.audit-log.js';
export { type AuditFile, type AuditFiles, type FileState } from './audit/log/audit-files.js';
export { AuditLogError, type AuditLogProblem } from './audit/log/audit-log-error.js';
export {
  type AuditLogLine,
  type AuditRecord,
  type LogClosed,
  type LogOpened,
  type LogSegment,
  type RefusalsCounted,
} from './audit/log/record-line.js';
export { recordsOf } from './audit/log/read-records.js';
export { type ReceiptTrust, type ReceiptVerdict, verifyReceipt } from './audit/proof/receipt.js';
export { type Checkpoint } from './audit/proof/checkpoint.js';
export { type AuditExporter } from './audit/export/audit-exporter.js';
export { type CheckpointAnchor, folderAnchor } from './audit/tree/checkpoint-anchor.js';
export { type CheckpointSigner, checkpointSigner } from './audit/tree/checkpoint-key.js';
export { isConsistent, isIncluded } from './audit/proof/merkle-proof.js';
export { type KeyKind } from './audit/proof/verifier-key.js';
export { cosign, verifierKeyText } from './audit/tree/witness.js';
export { erasePerson } from './audit/person/erase-person.js';
export { type Person } from './audit/person/person-keys.js';
export { nodeFiles } from './audit/log/node-files.js';
export { makeReceipt } from './audit/verify/make-receipt.js';
export { type LogProblem } from './audit/verify/first-wrong-record.js';
export { type LogVerification, verifyAuditLog, type VerifyLogOptions } from './audit/verify/verify-log.js';
export { type AuditDurability } from './audit/log/segment.js';

export {
  type ApprovalDecision,
  type ApprovalRequester,
  ApprovalStore,
  type ApproverKind,
  type RequestedApproval,
  type ShownField,
} from './ports/approval-store.js';
export { type Clock } from './ports/clock.js';
export { DelegatedTokenStore } from './ports/delegated-token-store.js';
export { type Diagnostic, type Diagnostics } from './ports/diagnostics.js';
export { EncryptedRequestStateStore } from './ports/encrypted-request-state-store.js';
export { type Fetch } from './ports/fetch.js';
export { MemoryApprovalStore } from './ports/memory-approval-store.js';
export { MemoryDelegatedTokenStore } from './ports/memory-delegated-token-store.js';
export { MemoryReplayStore } from './ports/memory-replay-store.js';
export { type HealthState } from './ports/recent-failures.js';
export { MemoryRequestStateStore } from './ports/memory-request-state-store.js';
export { MemoryRevocationStore } from './ports/memory-revocation-store.js';
export { ReplayStore, type ReplayVerdict } from './ports/replay-store.js';
export { type ShareHolder, Shares } from './ports/shares.js';
export { RequestStateStore } from './ports/request-state-store.js';
export { type RevocableIdentity, RevocationStore, type RevokedIdentity } from './ports/revocation-store.js';
