import { type ExecutionContext } from '@nestjs/common';
import {
  type ExecutionIdentityEnvelope,
  type HandlerPolicy,
  type ReceiverPolicy,
  verifyDelegatedCall,
} from 'execution-identity';
import { sharedMode } from 'execution-identity/internal';
import { bearerToken } from '../edge/credential.js';
import { type HttpRequest, nodeRequest } from '../http/http-request.js';
import { stripCredentials } from '../edge/strip-credentials.js';
import { carry, type Execution, ExecutionRecord } from '../record/execution-record.js';
import { HandlerGuard, type HandlerGuardParts } from '../execution/handler.guard.js';
import { type IdentityRevocation, revocable } from '../revocation/identity-revocation.service.js';

/**
 * The guard of a downstream service: both credentials of the call are verified and must agree, then its handler is
 * decided with the rights that both grant. Handlers get the caller's identity by `@Identity()`, as at the boundary.
 */
export class EieReceiverGuard extends HandlerGuard<ExecutionIdentityEnvelope> {
  /** @param now seconds since the epoch */
  constructor(
    base: HandlerGuardParts,
    private readonly policy: ReceiverPolicy,
    private readonly revocation: IdentityRevocation,
    private readonly now: () => number,
  ) {
    super(base);
  }

  protected override async admit(context: ExecutionContext): Promise<ExecutionIdentityEnvelope> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    try {
      // Refuses what the headers do not show: a token in the query or in a form.
      bearerToken(request);
      const identity = await verifyDelegatedCall(nodeRequest(request).rawHeaders, this.policy, this.now());
      // Counts for what was sealed before it: the servers that seal have to be told of a revocation too.
      this.revocation.assertNotRevoked(revocable(identity));
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
