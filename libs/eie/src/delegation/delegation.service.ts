import { type AuditTrail } from '../audit/audit-trail.js';
import { type AuditDetail, type AuditReason } from '../audit/audit-event.js';
import { toolOf } from '../carrier.js';
import { EieError } from '../eie.error.js';
import { assertEnvelope, assertLive, type DelegationMode, type ExecutionIdentityEnvelope } from '../envelope/execution-identity-envelope.js';
import { type EnvelopeSealer } from '../envelope/seal.js';
import { type IdentityRevocation, type RevocableIdentity } from '../identity-revocation.service.js';
import { type DelegatedFetch, send, targetRequest } from './delegated-fetch.js';
import { type Mode } from './mode.js';
import { onBehalfOf } from './on-behalf-of.js';
import { restrictedUser } from './restricted-user.js';
import { serviceIdentity } from './service-identity.js';
import { type Target, type TargetRegistry } from './targets.js';
import { type TokenClient } from './token-client.js';

const MODES: Record<DelegationMode, Mode> = {
  service_identity: serviceIdentity,
  on_behalf_of: onBehalfOf,
  restricted_user: restrictedUser,
};

/** What an allowed call starts from. */
interface Grant {
  envelope: ExecutionIdentityEnvelope;
  target: Target;
  scopes: readonly string[];
  request: Request;
}

/** Calls APIs for an identity, in the mode that each target is configured with. No token leaves it toward its caller. */
export class DelegationService {
  constructor(
    private readonly targets: TargetRegistry,
    private readonly tokens: TokenClient,
    private readonly sealer: EnvelopeSealer,
    private readonly trail: AuditTrail,
    private readonly revocation: IdentityRevocation,
    private readonly io: { readonly fetch: typeof fetch; readonly clock: () => number },
  ) {}

  /**
   * A fetch that calls one target as this identity. Everything is checked at each call, so that each refusal is recorded
   * where it happens; asking for it never fails.
   *
   * The calls reject with an EieError: `identity_missing`, `identity_forged`, `identity_of_another_copy`,
   * `identity_expired` or `identity_revoked` for what is not a live identity; `target_undeclared`, `target_url_refused`,
   * `target_request_refused`, `delegation_requires_user`, `delegation_scope_empty` before anything is sent;
   * `delegation_reauthenticate`, `delegation_step_up`, `delegation_denied`, `delegation_misconfigured`,
   * `delegation_unavailable`, `delegated_token_refused` for what the authorization server says; `target_unavailable`;
   * `audit_unavailable`. No failure makes it try another mode.
   *
   * @param identity the envelope of the running execution, from `@Identity()`
   * @param target a name among the configured targets, declared by the handler
   */
  for(identity: ExecutionIdentityEnvelope, target: string): DelegatedFetch {
    return (input, init) => this.#call(identity, target, input, init);
  }

  async #call(identity: unknown, name: string, input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const startedAt = performance.now();
    const { envelope, target, scopes, request } = await this.#grant(identity, name, input, init);
    const subject = { subject: envelope, mode: target.mode, tool: toolOf(envelope), target: name };
    await this.trail.record({ ...subject, type: 'delegation.intent', outcome: 'started' });
    let ending: Pick<AuditDetail, 'outcome' | 'reason'> = { outcome: 'failed', reason: 'error' };
    try {
      const now = this.#now();
      const accessToken = await MODES[target.mode].obtain({ envelope, target, scopes, tokens: this.tokens, now });
      const txnToken = target.external ? undefined : await this.sealer.seal(envelope, target, now);
      const response = await send(target.baseUrl, request, { accessToken, txnToken, traceId: envelope.session.trace_id }, this.io.fetch);
      ending = endingOf(response.status);
      return response;
    } catch (error) {
      if (error instanceof EieError) ending = { outcome: REFUSALS.has(error.code) ? 'refused' : 'failed', reason: error.code };
      throw error;
    } finally {
      await this.trail.recordOutcome({ ...subject, ...ending, type: 'delegation.outcome', durationMs: performance.now() - startedAt });
    }
  }

  async #grant(identity: unknown, name: string, input: string | URL | Request, init?: RequestInit): Promise<Grant> {
    let envelope: ExecutionIdentityEnvelope | undefined;
    let target: Target | undefined;
    try {
      envelope = assertEnvelope(identity);
      target = this.targets.get(name);
      assertLive(envelope, this.#now());
      this.revocation.assertNotRevoked(revocable(envelope));
      if (!target || !envelope.delegation.allowed.includes(name)) throw new EieError('target_undeclared');
      if (MODES[target.mode].forUser && envelope.actor.type !== 'user') throw new EieError('delegation_requires_user');
      const { scopes: wanted, baseUrl } = target;
      const scopes = envelope.authorization.scopes.filter(scope => wanted.includes(scope));
      if (!scopes.length) throw new EieError('delegation_scope_empty', wanted);
      return { envelope, target, scopes, request: targetRequest(baseUrl, input, init) };
    } catch (error) {
      await this.trail.record({
        type: 'delegation.refused',
        outcome: 'refused',
        subject: envelope ?? null,
        target: name,
        ...(target && { mode: target.mode }),
        ...(envelope && { tool: toolOf(envelope) }),
        reason: error instanceof EieError ? error.code : 'error',
      });
      throw error;
    }
  }

  #now(): number {
    return Math.floor(this.io.clock() / 1000);
  }
}

function revocable({ actor, agent, session, meta }: ExecutionIdentityEnvelope): RevocableIdentity {
  return { issuer: actor.issuer, sub: actor.sub, tenant: actor.tenant, client_id: agent.client_id, sid: session.id, issuedAt: meta.created_at };
}

/** Said by the authorization server or proven by its token; anything else that goes wrong is a failure. */
const REFUSALS: ReadonlySet<string> = new Set(['delegation_reauthenticate', 'delegation_step_up', 'delegation_denied', 'delegated_token_refused', 'target_url_refused']);

function endingOf(status: number): { outcome: 'ok' | 'refused' | 'failed'; reason?: AuditReason } {
  if (status < 400) return { outcome: 'ok' };
  return { outcome: status === 401 || status === 403 ? 'refused' : 'failed', reason: `http_${status}` };
}
