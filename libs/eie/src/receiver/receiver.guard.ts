import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import {
  type Diagnostics,
  type ExecutionIdentityEnvelope,
  type ReceiverPolicy,
  ReplayStore,
  verifyDelegatedCall,
} from 'execution-identity';
import { AuditRecorder, callCredentials, revocableIdentity, sharedMode } from 'execution-identity/internal';
import { Authorizer } from '../authorization/authorizer.js';
import { HandlerRegistry } from '../authorization/handler-registry.js';
import { EieConfiguration, optionsOf } from '../configuration/eie-configuration.js';
import { EIE_DIAGNOSTICS } from '../configuration/ports.js';
import { TargetRegistry } from '../delegation/targets/target-registry.js';
import { bearerToken } from '../edge/credential.js';
import { dropCredentials } from '../edge/drop-credentials.js';
import { takenFrom } from '../edge/taken-credentials.js';
import { ExecutionLog } from '../execution/execution-log.js';
import { HandlerGuard } from '../execution/handler.guard.js';
import {
  type HttpRequest,
  type HttpResponse,
  nodeRequest,
  nodeResponse,
  whenClosed,
  setUser,
} from '../http/http-request.js';
import { ServerProfile } from '../configuration/server-profile.js';
import { reasonOfResponse } from '../http/response-reason.js';
import { Refusals } from '../http/refusal-response.js';
import { type Execution } from '../record/execution.js';
import { carry, ExecutionRecord } from '../record/execution-record.js';
import { IdentityRevocation } from '../revocation/identity-revocation.service.js';
import { noteCredential } from '../vault/note-credential.js';
import { unapproved } from './carried-approval.js';
import { receiverPolicy } from './receiver-policy.js';
import { type EieReceiverOptions } from './receiver.options.js';

/**
 * The guard of a downstream service: both credentials of the call are verified and must agree, then its handler is
 * decided with the rights that both grant. Handlers get the caller's identity by `@Identity()`, as at the boundary.
 */
@Injectable()
export class EieReceiverGuard implements CanActivate {
  readonly #policy: ReceiverPolicy;
  /** Milliseconds since the epoch. */
  readonly #clock: () => number;
  readonly #handlers: HandlerGuard<ExecutionIdentityEnvelope>;

  constructor(
    @Inject(EieConfiguration) private readonly configuration: EieConfiguration<EieReceiverOptions>,
    @Inject(IdentityRevocation) private readonly revocation: IdentityRevocation,
    @Inject(Authorizer) private readonly authorizer: Authorizer,
    @Inject(ExecutionLog) private readonly log: ExecutionLog,
    @Inject(ServerProfile) profile: ServerProfile,
    @Inject(HandlerRegistry) registry: HandlerRegistry,
    @Inject(TargetRegistry) targets: TargetRegistry,
    @Inject(AuditRecorder) audit: AuditRecorder,
    @Inject(Refusals) refusals: Refusals,
    @Inject(ReplayStore) replays: ReplayStore,
    @Inject(EIE_DIAGNOSTICS) diagnostics: Diagnostics,
  ) {
    const options = optionsOf(configuration);
    this.#policy = receiverPolicy(options, { replays, diagnostics });
    this.#clock = options.ports?.clock ?? Date.now;
    this.#handlers = new HandlerGuard(
      { registry, authorizer, targets, audit, refusals, log, callDeadline: profile.callDeadline },
      {
        admit: context => this.#admit(context),
        enter: (context, identity, _policy, execution) => this.#enter(context, identity, execution),
      },
    );
  }

  canActivate(context: ExecutionContext): Promise<boolean> {
    return this.#handlers.canActivate(context);
  }

  async #admit(context: ExecutionContext): Promise<ExecutionIdentityEnvelope> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const node = nodeRequest(request);
    try {
      // It also refuses a token in the query or in a form, which the headers do not show.
      bearerToken(request);
      const now = Math.floor(this.#clock() / 1000);
      const identity = await verifyDelegatedCall(takenFrom(node), this.#policy, now);
      const { accessToken, sealed } = callCredentials(takenFrom(node));
      for (const credential of [accessToken, sealed]) noteCredential(credential, now);
      // It covers what was sealed before the revocation: the servers that seal must be told too.
      await this.revocation.assertNotRevoked(revocableIdentity(identity));
      return identity;
    } finally {
      dropCredentials(node);
    }
  }

  async #enter(context: ExecutionContext, identity: ExecutionIdentityEnvelope, execution: Execution): Promise<void> {
    await this.authorizer.authorize(identity, execution);
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const refusal = unapproved(execution.entry, identity);
    if (refusal) await this.authorizer.refuse(refusal, identity, execution);
    const record = new ExecutionRecord(execution);
    if (identity.approval) record.approval = identity.approval;
    await this.#handlers.reserve(record, identity);
    record.identify(identity, sharedMode(this.#handlers.targetsOf(execution)), this.configuration);
    carry(request, record);
    const response = nodeResponse(context.switchToHttp().getResponse<HttpResponse>());
    const closed = new Promise<void>(resolve => whenClosed(response, resolve));
    await this.log.begin(record);
    void closed.then(() => this.#handlers.endUnawaited(record, reasonOfResponse(response)));
    setUser(request, identity);
  }
}
