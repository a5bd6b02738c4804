/** nestjs-eie: Execution Identity Envelopes for NestJS. What an application uses; tools and receivers have doors of their own. */
export { EieModule } from './eie.module.js';
export { AgentsOptions, EieOptions, SigningOptions } from './eie.options.js';
export { AuditOptions, ProcessOptions, PublicRouteOptions } from './options/process.options.js';
export { ActorTypeOptions, ClaimMatchOptions, ClaimPathsOptions, IssuerOptions } from './options/issuer.options.js';
export { ClientAuthOptions, ClientOptions, ExchangeOptions, TokenEndpointOptions } from './options/client.options.js';
export { IssuerSource } from './options/issuer-source.js';
export { TargetOptions, TenantTargetOptions } from './options/target.options.js';
export { EieGuard } from './eie.guard.js';
export { EieAuditInterceptor } from './eie.interceptor.js';
export { type BearerError, EieConfigurationError, EieError, type EieErrorCode, type StepUp } from './eie.error.js';

export { Identity, type IdentityPath } from './authorization/identity.decorator.js';
export { Authenticated, Public, RequireAnyScope, RequireScopes } from './authorization/requirements.decorator.js';
export { Delegated, DelegatesTo } from './delegation/delegated.decorator.js';
export { type DelegatedFetch } from './delegation/delegated-fetch.js';
export { IdentityRevocation, type RevokedIdentity } from './identity-revocation.service.js';
export { DelegationService } from './delegation/delegation.service.js';

export {
  type Actor,
  type Agent,
  type Authorization,
  type Delegation,
  type DelegationMode,
  type EnvelopeParts,
  ExecutionIdentityEnvelope,
  type Meta,
  type Session,
} from './envelope/execution-identity-envelope.js';
export { type ToolContext } from './envelope/tool-context.js';
export { type ActorRef } from './token/actor-chain.js';
export { type TokenAlgorithm } from './token/issuer-policy.js';
export { type JwkSet, type PublicJwk } from './token/jwk-set.js';

export { type AuditEvent, type AuditEventType, type AuditOutcome, type AuditReason, type EffectiveDelegation } from './audit/audit-event.js';
export { AuditLog } from './audit/audit-log.js';
export { FileAuditLog } from './audit/file.audit-log.js';
