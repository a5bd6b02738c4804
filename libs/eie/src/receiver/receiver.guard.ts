import { type ExecutionContext } from '@nestjs/common';
import { type Execution } from '../authorization/authorizer.js';
import { type HandlerPolicy } from '../authorization/requirements.js';
import { bearerToken, headerValues, type HttpRequest, nodeRequest, stripCredentials } from '../boundary/credential.js';
import { carryEnvelope } from '../carrier.js';
import { EieError } from '../eie.error.js';
import { type ExecutionIdentityEnvelope } from '../envelope/execution-identity-envelope.js';
import { TXN_TOKEN_HEADER } from '../envelope/txn-claims.js';
import { HandlerGuard, type HandlerGuardParts } from '../handler.guard.js';
import { type ReceiverPolicy, verifyDelegatedCall } from './core/verify-delegated-call.js';

/**
 * The guard of a downstream service: both credentials of the call are verified and must agree, then its handler is
 * decided with the rights that both grant. Handlers get the caller's identity by `@Identity()`, as at the boundary.
 */
export class EieReceiverGuard extends HandlerGuard<ExecutionIdentityEnvelope> {
  /** @param now seconds since the epoch */
  constructor(base: HandlerGuardParts, private readonly policy: ReceiverPolicy, private readonly now: () => number) {
    super(base);
  }

  protected override async admit(context: ExecutionContext): Promise<ExecutionIdentityEnvelope> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    try {
      const txnTokens = headerValues(nodeRequest(request), TXN_TOKEN_HEADER);
      if (txnTokens.length > 1) throw new EieError('request_malformed');
      return await verifyDelegatedCall({ accessToken: bearerToken(request), txnToken: txnTokens[0] }, this.policy, this.now());
    } finally {
      stripCredentials(context);
    }
  }

  protected override async enter(context: ExecutionContext, identity: ExecutionIdentityEnvelope, _policy: HandlerPolicy, execution: Execution): Promise<void> {
    await this.base.authorizer.authorize(identity, execution);
    const request = context.switchToHttp().getRequest<HttpRequest>();
    carryEnvelope(request, identity, execution.tool);
    request.user = identity;
  }
}
