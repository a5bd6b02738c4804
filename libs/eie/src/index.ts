/** nestjs-eie: Execution Identity Envelopes for NestJS. What an application uses; tools and receivers have entry points of their own. */
export { EieModule } from './eie.module.js';
export {
  EieFeatureOptions,
  EieOptions,
  LimitsOptions,
  SigningOptions,
  TokenMemoryOptions,
} from './options/eie.options.js';
export { AuditOptions } from './options/audit.options.js';
export { BoundaryPortsOptions } from './options/boundary-ports.options.js';
export { PortsOptions, ProcessOptions } from './options/process.options.js';
export { TelemetryOptions } from './options/telemetry.options.js';
export {
  AuthorizationOptions,
  HandlerAuthorizationOptions,
  RouteOptions,
  type UnregisteredAgents,
} from './options/authorization.options.js';
export { type AsyncOptions } from './configuration/configuration.providers.js';
export { EIE_CLOCK, EIE_DIAGNOSTICS } from './configuration/ports.js';
export { ServerProfile } from './configuration/server-profile.js';
export { Posture } from './boot/posture/posture.js';
export {
  type PostureDocument,
  type PostureHandler,
  type PostureHandlerKind,
  type PostureInput,
  type PostureParser,
  type PostureRoute,
  type PostureSensitivity,
  type Unproven,
} from './boot/posture/posture-document.js';
export {
  ActorTypeOptions,
  ClaimConditionOptions,
  ClaimMatchOptions,
  ClaimPathsOptions,
  ServiceClaimPathsOptions,
} from './options/claim.options.js';
export { IssuerOptions } from './options/issuer.options.js';
export {
  type EventEnds,
  type EventName,
  EventSignalOptions,
  LogoutSignalOptions,
  PollOptions,
  SignalsOptions,
  TransmitterOptions,
} from './options/signals.options.js';
export { ClientCertificateOptions, NonceOptions, ProofOfPossessionOptions } from './options/possession.options.js';
export { ClientAuthOptions, ClientOptions, TokenEndpointOptions } from './options/client.options.js';
export { type IdentityProvider } from './options/identity-provider.js';
export { type AgentQuestion, AgentSource } from './options/agent-source.js';
export { AgentOptions, TenantOptions } from './options/ceiling.options.js';
export { type ClientQuestion, ClientSource } from './options/client-source.js';
export { type InboundIssuer, inboundIssuer } from './options/inbound-issuer.js';
export { IssuerSource } from './options/issuer-source.js';
export { TargetOptions, TenantTargetOptions } from './options/target.options.js';
export {
  apiKey,
  basic,
  type FinishedRequest,
  type FixedCredential,
  TargetCredential,
} from './options/target-credential.js';
export { EieGuard } from './execution/eie.guard.js';
export { EieAuditInterceptor } from './execution/eie.interceptor.js';
export {
  type ChallengeError,
  EieConfigurationError,
  EieError,
  type EieErrorCode,
  type EieErrorDetails,
  type StepUp,
} from 'execution-identity';

export {
  DataSubject,
  type DataSubjectFieldsOptions,
  type DataSubjectOptions,
} from './authorization/data-subject.decorator.js';
export { Identity, type IdentityPath } from './authorization/identity.decorator.js';
export {
  Authenticated,
  Public,
  RequireActor,
  RequireAgent,
  RequireAnyScope,
  RequireLogin,
  RequireRoles,
  RequireScopes,
} from './authorization/requirements.decorator.js';
export { type ApprovalOptions, RequireApproval } from './authorization/require-approval.decorator.js';
export { Unmanaged } from './authorization/unmanaged.decorator.js';
export { Delegated, DelegatesTo } from './delegation/delegated.decorator.js';
export { type DelegatedFetch } from './delegation/call/delegated-fetch.js';
export { path } from './delegation/targets/path.js';
export { ApprovalService, type PendingApproval } from './approvals/approval.service.js';
export { IdentityRevocation } from './revocation/identity-revocation.service.js';
export {
  type AuthZenOptions,
  AuthZenPolicyEngine,
  CachedPolicyEngine,
  type DecisionCacheOptions,
  type ApprovalDecision,
  type ApprovalRequester,
  ApprovalStore,
  type ApproverKind,
  DelegatedTokenStore,
  EncryptedRequestStateStore,
  MemoryApprovalStore,
  MemoryDelegatedTokenStore,
  MemoryReplayStore,
  MemoryRequestStateStore,
  MemoryRevocationStore,
  type PolicyEngine,
  type PolicyQuestion,
  ReplayStore,
  type ReplayVerdict,
  type RequestedApproval,
  RequestStateStore,
  type RevocableIdentity,
  RevocationStore,
  type RevokedIdentity,
  type ShownField,
} from 'execution-identity';
export { DelegationService } from './delegation/delegation.service.js';
export { JobHandler, type JobHandlerOptions } from './authorization/job-handler.decorator.js';
export { JobIdentities } from './workers/job-identities.js';
export { type QueuedJob, type RunningJob } from './workers/running-job.js';
export { type JobContent, type JobTerms } from 'execution-identity';

export {
  type Actor,
  type Agent,
  type Approval,
  approvalCovers,
  type Authorization,
  type Delegation,
  type DelegationMode,
  type EnvelopeParts,
  ExecutionIdentityEnvelope,
  type Meta,
  type Session,
} from 'execution-identity';
export { type ToolContext } from 'execution-identity';
export { type AgentName, type AgentRef } from 'execution-identity';
export { type TokenAlgorithm } from 'execution-identity';
export { type JwkSet, type PublicJwk } from 'execution-identity';
export { type Signer, type SignerPurpose, type SignerUse } from 'execution-identity';

export {
  type AuditedAgent,
  type AuditedCall,
  type AuditEvent,
  type AuditEventType,
  type AuditOutcome,
  type AuditReason,
  type EffectiveDelegation,
} from 'execution-identity';
export { argumentsDigest, AuditLog, type AuditPosition } from 'execution-identity';
export { type AuditDurability, FileAuditLog, type FileAuditLogOptions } from 'execution-identity';
export { AuditLogError, type AuditLogProblem } from 'execution-identity';
export { type AuditLogLine, type AuditRecord, recordsOf } from 'execution-identity';
export { erasePerson, type Person } from 'execution-identity';
export { type AuditExporter } from 'execution-identity';
export { LoggerAuditExporter } from './telemetry/logger.audit-exporter.js';
export { OtelLogsAuditExporter } from './telemetry/otel-logs.audit-exporter.js';
export { type CheckpointAnchor, type CheckpointSigner, checkpointSigner, folderAnchor } from 'execution-identity';
export { makeReceipt, type ReceiptTrust, type ReceiptVerdict, verifyReceipt } from 'execution-identity';
export { type LogProblem, type LogVerification, verifyAuditLog, type VerifyLogOptions } from 'execution-identity';
