import { type ServerResponse } from 'node:http';
import { type ExecutionContext } from '@nestjs/common';
import { type Execution } from '../authorization/authorizer.js';
import { type AdmittedIdentity, EieError, type HandlerPolicy, type RevocableIdentity } from 'execution-identity';
import { type Boundary } from '../boundary/boundary.js';
import { type HttpRequest, type HttpResponse, nodeResponse } from '../http/http-request.js';
import {
  carriedEnvelope,
  carrierOf,
  carryAdmission,
  carryDecision,
  carryEnvelope,
  decisionOf,
  isMcpExecution,
  probeIn,
} from '../record/execution-record.js';
import { declaredTargets } from '../delegation/targets/declared-targets.js';
import { type TargetRegistry } from '../delegation/targets/target-registry.js';
import { type EieOptions } from '../options/eie.options.js';
import { issue } from 'execution-identity/internal/issue';
import { executionOf, HandlerGuard, type HandlerGuardParts } from './handler.guard.js';
import { type IdentityRevocation } from '../revocation/identity-revocation.service.js';
import { dropToken, shareToken } from '../vault/drop-token.js';

/** Seconds. */
const ENVELOPE_LIFETIME = 300;
/** Milliseconds: a Node timer takes no more, and no token lives as long. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** Milliseconds: for a response that has not begun when its identity ends. It may be an answer, or become a stream. */
const LOOK_AGAIN = 1_000;

/**
 * The first half of every execution. An HTTP request is admitted, stripped of its credentials and carried; its handler
 * is decided and gets its envelope. An MCP execution arrives with an admission and a decision, and gets its envelope;
 * one without is refused. Any other kind of handler is refused.
 */
export class EieGuard extends HandlerGuard<AdmittedIdentity> {
  constructor(
    base: HandlerGuardParts,
    private readonly options: EieOptions,
    private readonly boundary: Boundary,
    private readonly targets: TargetRegistry,
    private readonly revocation: IdentityRevocation,
  ) {
    super(base);
  }

  protected override admit(context: ExecutionContext): Promise<AdmittedIdentity> {
    return this.boundary.admit(context);
  }

  protected override async enter(
    context: ExecutionContext,
    admitted: AdmittedIdentity,
    policy: HandlerPolicy,
    execution: Execution,
  ): Promise<void> {
    if (admitted.agent.source === 'client' && this.options.agents?.unregistered === 'refuse') {
      await this.refuseAdmission(new EieError('agent_unregistered'), admitted, policy, execution);
    }
    const http = context.switchToHttp();
    const request = http.getRequest<HttpRequest>();
    this.#endWithIdentity(admitted, nodeResponse(http.getResponse<HttpResponse>()));
    carryAdmission(request, admitted);
    if (policy.kind === 'dispatcher') return;
    await this.base.authorizer.authorize(admitted, execution);
    carryDecision(request, { ...execution, admitted });
    await this.#issue(context);
    // What an application's own `@CurrentUser()` reads. The carrier, and not this property, is what the library believes.
    request.user = carriedEnvelope(request);
  }

  protected override async enterOther(context: ExecutionContext): Promise<void> {
    const probe = probeIn(context);
    if (probe) {
      probe.isGuarded = true;
      throw new EieError('unsupported_context');
    }
    await (isMcpExecution(context) ? this.#issue(context) : super.enterOther(context));
  }

  /** Nothing of a request outlives its identity: its token goes with the response, a response that streams goes when the identity expires or is revoked. */
  #endWithIdentity(admitted: AdmittedIdentity, response: ServerResponse): void {
    // A client that went away while its token was verified: there will be no `close` to wait for.
    if (response.closed || response.destroyed) return dropToken(admitted);
    let timer: NodeJS.Timeout | undefined;
    const endIn = (milliseconds: number): void => {
      clearTimeout(timer);
      timer = setTimeout(end, milliseconds).unref();
    };
    const end = (): void => {
      if (response.headersSent) response.destroy();
      else endIn(LOOK_AGAIN);
    };
    const closed = this.revocation.whileOpen(revocable(admitted), end);
    endIn(Math.min(admitted.expiresAt * 1000 - (this.options.clock ?? Date.now)(), LONGEST_TIMER));
    response.once('close', () => {
      closed();
      clearTimeout(timer);
      dropToken(admitted);
    });
  }

  /** Demands the decision for this very handler, and issues the envelope of this execution. */
  async #issue(context: ExecutionContext): Promise<void> {
    const carrier = carrierOf(context);
    const decision = decisionOf(carrier, context.getHandler());
    if (!decision) return this.base.authorizer.refuse(new EieError('decision_missing'), null, executionOf(context));
    const { admitted } = decision;
    const { resource, envelopeLifetime = ENVELOPE_LIFETIME, clock = Date.now } = this.options;
    const now = Math.floor(clock() / 1000);
    // Between admission and this moment a body was read, an input validated, perhaps the user was asked: what is over starts nothing.
    if (this.revocation.isRevoked(revocable(admitted)))
      return this.base.authorizer.refuse(new EieError('identity_revoked'), admitted, decision);
    if (admitted.expiresAt <= now)
      return this.base.authorizer.refuse(new EieError('identity_expired'), admitted, decision);
    const declared = declaredTargets(context.getHandler(), context.getClass()).flatMap(
      name => this.targets.get(name) ?? [],
    );
    const envelope = issue(admitted, {
      issuer: resource,
      traceId: decision.traceId,
      targets: declared,
      lifetime: envelopeLifetime,
      now,
    });
    if (declared.some(target => target.mode !== 'service_identity')) shareToken(admitted, envelope);
    carryEnvelope(carrier, envelope, decision.tool);
  }
}

function revocable({ actor, agent, sessionId, issuedAt }: AdmittedIdentity): RevocableIdentity {
  return {
    issuer: actor.issuer,
    sub: actor.sub,
    tenant: actor.tenant,
    client_id: agent.client_id,
    sid: sessionId,
    issuedAt,
  };
}
