import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import {
  type Diagnostics,
  type ExecutionIdentityEnvelope,
  type HandlerPolicy,
  type ReceiverPolicy,
  ReplayStore,
  verifyDelegatedCall,
} from 'execution-identity';
import { AuditRecorder, revocableIdentity, sharedMode } from 'execution-identity/internal';
import { Authorizer } from '../authorization/authorizer.js';
import { bearerToken } from '../edge/credential.js';
import { type HttpRequest, nodeRequest } from '../http/http-request.js';
import { stripCredentials } from '../edge/strip-credentials.js';
import { carry, type Execution, ExecutionRecord } from '../record/execution-record.js';
import { EieConfiguration, optionsOf } from '../configuration/eie-configuration.js';
import { EIE_CLOCK, EIE_DIAGNOSTICS } from '../configuration/ports.js';
import { ServerProfile } from '../configuration/server-profile.js';
import { TargetRegistry } from '../delegation/targets/target-registry.js';
import { HandlerGuard } from '../execution/handler.guard.js';
import { Refusals } from '../http/refusal-response.js';
import { IdentityRevocation } from '../revocation/identity-revocation.service.js';
import { receiverPolicy } from './receiver-policy.js';
import { type EieReceiverOptions } from './receiver.options.js';

/**
 * The guard of a downstream service: both credentials of the call are verified and must agree, then its handler is
 * decided with the rights that both grant. Handlers get the caller's identity by `@Identity()`, as at the boundary.
 */
@Injectable()
export class EieReceiverGuard extends HandlerGuard<ExecutionIdentityEnvelope> {
  readonly #policy: ReceiverPolicy;

  constructor(
    @Inject(EieConfiguration) configuration: EieConfiguration<EieReceiverOptions>,
    @Inject(ServerProfile) profile: ServerProfile,
    @Inject(EIE_CLOCK) private readonly clock: () => number,
    @Inject(IdentityRevocation) private readonly revocation: IdentityRevocation,
    @Inject(Authorizer) authorizer: Authorizer,
    @Inject(TargetRegistry) targets: TargetRegistry,
    @Inject(AuditRecorder) audit: AuditRecorder,
    @Inject(Refusals) refusals: Refusals,
    @Inject(ReplayStore) replays: ReplayStore,
    @Inject(EIE_DIAGNOSTICS) diagnostics: Diagnostics,
  ) {
    super({ profile, authorizer, targets, audit, refusals });
    this.#policy = receiverPolicy(optionsOf(configuration), { replays, diagnostics });
  }

  protected override async admit(context: ExecutionContext): Promise<ExecutionIdentityEnvelope> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    try {
      // Refuses what the headers do not show: a token in the query or in a form.
      bearerToken(request);
      const now = Math.floor(this.clock() / 1000);
      const identity = await verifyDelegatedCall(nodeRequest(request).rawHeaders, this.#policy, now);
      // Counts for what was sealed before it: the servers that seal have to be told of a revocation too.
      await this.revocation.assertNotRevoked(revocableIdentity(identity));
      return identity;
    } finally {
      stripCredentials(context);
    }
  }

  protected override async enter(
    context: ExecutionContext,
    identity: ExecutionIdentityEnvelope,
    _policy: HandlerPolicy,
    execution: Execution,
  ): Promise<void> {
    await this.base.authorizer.authorize(identity, execution);
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const record = new ExecutionRecord(execution);
    record.identify(identity, sharedMode(this.targetsOf(execution)));
    carry(request, record);
    request.user = identity;
  }
}
