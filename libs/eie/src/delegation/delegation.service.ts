import { Inject, Injectable } from '@nestjs/common';
import { assertEnvelope, assertLive, AuditRecorder, delegableScopes, targetScopes } from 'execution-identity/internal';
import { type ExecutionRecord, recordOf } from '../record/execution-record.js';
import { type DelegationMode, EieError, type ExecutionIdentityEnvelope } from 'execution-identity';
import { EnvelopeSealer, KeyRing } from 'execution-identity/internal/seal';
import { EieConfiguration, optionsOf } from '../configuration/eie-configuration.js';
import { type ServerOptions } from '../configuration/server-profile.js';
import { trustDomainOf } from '../configuration/signing.js';
import { IssuerClient } from '../issuers/issuer-client.js';
import { type EieOptions } from '../options/eie.options.js';
import { partition } from '../options/issuer-source.js';
import { IdentityRevocation, revocable } from '../revocation/identity-revocation.service.js';
import { type DelegatedFetch, isRepeatable, targetRequest } from './call/delegated-fetch.js';
import { answered, type CallEnding, notAnswered } from './call/call-ending.js';
import { DownstreamCall } from './call/downstream-call.js';
import { type Mode } from './modes/mode.js';
import { onBehalfOf } from './modes/on-behalf-of.js';
import { restrictedUser } from './modes/restricted-user.js';
import { serviceIdentity } from './modes/service-identity.js';
import { type Target } from './targets/target.js';
import { TargetRegistry } from './targets/target-registry.js';
import { TokenCache } from './exchange/token-cache.js';
import { TokenClient } from './exchange/token-client.js';

const MODES: Record<DelegationMode, Mode> = {
  service_identity: serviceIdentity,
  on_behalf_of: onBehalfOf,
  restricted_user: restrictedUser,
};

/** What an allowed call starts from. */
interface Grant {
  readonly record: ExecutionRecord;
  readonly envelope: ExecutionIdentityEnvelope;
  readonly target: Target;
  readonly scopes: readonly string[];
  readonly requests: () => Request;
}

interface DelegationParts {
  readonly targets: TargetRegistry;
  readonly tokens: TokenClient;
  readonly sealer: EnvelopeSealer;
  readonly audit: AuditRecorder;
  readonly revocation: IdentityRevocation;
  readonly io: { readonly fetch: typeof fetch; readonly clock: () => number };
}

/** Calls APIs for an identity, in the mode that each target is configured with. No token leaves it toward its caller. */
@Injectable()
export class DelegationService {
  readonly #cache: TokenCache;
  /** Private to the language, not to the compiler alone: handlers hold this service, and these lead to keys and secrets. */
  readonly #parts: DelegationParts;

  constructor(
    @Inject(EieConfiguration) configuration: EieConfiguration<ServerOptions & Pick<EieOptions, 'signing'>>,
    @Inject(TargetRegistry) targets: TargetRegistry,
    @Inject(KeyRing) keys: KeyRing | undefined,
    @Inject(AuditRecorder) audit: AuditRecorder,
    @Inject(IdentityRevocation) revocation: IdentityRevocation,
  ) {
    const options = optionsOf(configuration);
    const io = { fetch: options.ports?.fetch ?? fetch, clock: options.ports?.clock ?? Date.now };
    const tokens = new TokenClient(new IssuerClient(partition(options.issuers).configured, io.fetch));
    const sealer = new EnvelopeSealer(keys, trustDomainOf(options));
    this.#parts = { targets, tokens, sealer, audit, revocation, io };
    this.#cache = new TokenCache(() => this.#now());
    revocation.onPurge(revoked => this.#cache.forget(revoked));
  }

  /**
   * A fetch that calls one target as this identity. Everything is checked at each call, so that each refusal is recorded
   * where it happens; asking for it never fails. A token that the target does not take (401 `invalid_token`) is asked for
   * anew, once, if the body of the request can be sent again.
   *
   * The calls reject with an EieError: `identity_missing`, `identity_forged` (also for an envelope that no guard of this process has
   * issued or let in), `identity_of_another_copy`, `identity_expired` (also once its handler has returned) or `identity_revoked` for
   * what is not a live identity; `target_undeclared`, `target_tenant_unknown`,
   * `target_url_refused`, `target_request_refused`, `delegation_requires_user`, `delegation_scope_empty` before anything is
   * sent; `delegation_reauthenticate`, `delegation_step_up`, `delegation_denied`, `delegation_misconfigured`,
   * `delegation_unavailable`, `delegated_token_refused` for what the authorization server says; `target_unavailable`,
   * `target_response_refused`; `audit_unavailable`. No failure makes it try another mode. A signal of the caller's aborts the
   * call as it aborts any fetch.
   *
   * @param identity the envelope of the running execution, from `@Identity()`
   * @param target a name among the configured targets, declared by the handler
   */
  for(identity: ExecutionIdentityEnvelope, target: string): DelegatedFetch {
    const call = (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
      this.#call(identity, target, input, init);
    const baseUrl = (): string =>
      this.#parts.targets.forTenant(target, assertEnvelope(identity).actor.tenant).baseUrl.href;
    return Object.defineProperty(call, 'baseUrl', { get: baseUrl }) as DelegatedFetch;
  }

  async #call(identity: unknown, name: string, input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const startedAt = performance.now();
    const { record, envelope, target, scopes, requests } = await this.#grant(identity, name, input, init);
    const mode = MODES[target.mode];
    const about = {
      subject: envelope,
      mode: target.mode,
      handler: record.execution.handlerName,
      target: name,
      ...(mode.requested && { requested: mode.requested }),
    };
    await this.#parts.audit.record({ ...about, type: 'delegation.intent', outcome: 'started' });
    const call = new DownstreamCall(
      mode,
      { envelope, target, scopes, tokens: this.#parts.tokens, cache: this.#cache, now: () => this.#now() },
      {
        fetch: this.#parts.io.fetch,
        seal: () => this.#parts.sealer.seal(envelope, target, this.#now()),
        onSend: () => record.noteCall({ target: name, mode: target.mode }),
        assertAllowed: () => this.#assertRunning(record, envelope),
        onEcho: () =>
          void this.#parts.audit.recordOutcome({
            ...about,
            type: 'delegation.refused',
            outcome: 'refused',
            reason: 'target_response_refused',
          }),
      },
    );
    const recordEnding = (ending: CallEnding): Promise<void> => {
      const effective = mode.requested && call.effective;
      const durationMs = performance.now() - startedAt;
      const type = 'delegation.outcome';
      return this.#parts.audit.recordOutcome({
        ...about,
        ...ending,
        ...(effective && { effective }),
        type,
        durationMs,
      });
    };
    try {
      const response = await call.run(requests, isRepeatable(input, init));
      await recordEnding(answered(response));
      return response;
    } catch (error) {
      await recordEnding(notAnswered(error, call.isAborted));
      throw error;
    }
  }

  async #grant(identity: unknown, name: string, input: string | URL | Request, init?: RequestInit): Promise<Grant> {
    let record: ExecutionRecord | undefined;
    const mode = this.#parts.targets.get(name)?.mode;
    try {
      const envelope = assertEnvelope(identity);
      record = recordOf(envelope);
      // No guard of this process has issued it or let it in.
      if (!record) throw new EieError('identity_forged');
      assertLive(envelope, this.#now());
      this.#assertRunning(record, envelope);
      if (!envelope.delegation.allowed.includes(name)) throw new EieError('target_undeclared');
      const target = this.#parts.targets.forTenant(name, envelope.actor.tenant);
      if (MODES[target.mode].requested && envelope.actor.type !== 'user')
        throw new EieError('delegation_requires_user');
      const scopes = targetScopes(delegableScopes(envelope), target);
      if (!scopes.length) throw new EieError('delegation_scope_empty', target.scopes);
      const first = targetRequest(target.baseUrl, input, init);
      let unused: Request | undefined = first;
      const requests = (): Request => {
        const request = unused ?? targetRequest(target.baseUrl, input, init);
        unused = undefined;
        return request;
      };
      return { record, envelope, target, scopes, requests };
    } catch (error) {
      await this.#parts.audit.record({
        type: 'delegation.refused',
        outcome: 'refused',
        subject: record?.envelope ?? null,
        target: name,
        mode,
        handler: record?.execution.handlerName,
        reason: error instanceof EieError ? error.code : 'error',
      });
      throw error;
    }
  }

  /** @throws EieError `identity_expired` when its execution has ended, `identity_revoked` */
  #assertRunning(record: ExecutionRecord, envelope: ExecutionIdentityEnvelope): void {
    if (record.hasEnded) throw new EieError('identity_expired');
    this.#parts.revocation.assertNotRevoked(revocable(envelope));
  }

  #now(): number {
    return Math.floor(this.#parts.io.clock() / 1000);
  }
}
