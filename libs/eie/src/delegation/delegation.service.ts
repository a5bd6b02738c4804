import { Inject, Injectable } from '@nestjs/common';
import { assertEnvelope, AuditRecorder } from 'execution-identity/internal';
import { type Diagnostics, type ExecutionIdentityEnvelope, Shares } from 'execution-identity';
import { EnvelopeSealer, sealEnvelope } from 'execution-identity/internal/seal';
import { EieConfiguration, optionsOf } from '../configuration/eie-configuration.js';
import { EIE_DIAGNOSTICS } from '../configuration/ports.js';
import { type ServerOptions } from '../configuration/server-profile.js';
import { ScopeWords } from '../configuration/scope-words.js';
import { trustDomainOf } from '../configuration/signing.js';
import { IssuerClient } from '../issuers/issuer-client.js';
import { documentsOf } from '../issuers/issuer-documents.js';
import { type EieOptions } from '../options/eie.options.js';
import { partition } from '../options/issuer-source.js';
import { IdentityRevocation } from '../revocation/identity-revocation.service.js';
import { CallSpan, untraced } from '../telemetry/call-span.js';
import { noteCredential } from '../vault/note-credential.js';
import { callOptions, type DelegatedFetch, isRepeatable } from './call/delegated-fetch.js';
import { type AskedCall, assertRunning, grantCall } from './call/grant.js';
import { type NamedUser } from './call/asked-login.js';
import { jsonOf } from './call/json-answer.js';
import { MODES } from './modes/modes.js';
import { answered, type CallEnding, notAnswered } from './call/call-ending.js';
import { CallRecord } from './call/call-record.js';
import { DownstreamCall } from './call/downstream-call.js';
import { noteRefusal } from './call/refused-by-target.js';
import { type SearchedAnswer } from './call/searched-answer.js';
import { type Target } from './targets/target.js';
import { TargetIssuers } from './targets/target-issuers.js';
import { TargetRegistry } from './targets/target-registry.js';
import { SharedTokens } from './exchange/shared/shared-tokens.js';
import { TokenCache } from './exchange/token-cache.js';
import { type AuthorizationServerHealth, TokenClient } from './exchange/token-client.js';

interface DelegationParts {
  /** The server whose envelopes are accepted. */
  readonly server: object;
  readonly targets: TargetRegistry;
  readonly targetIssuers: TargetIssuers;
  readonly tokens: TokenClient;
  readonly sealer: EnvelopeSealer;
  readonly audit: AuditRecorder;
  readonly revocation: IdentityRevocation;
  readonly scopeWords: ScopeWords;
  readonly io: { readonly fetch: typeof fetch };
  /** Seconds since the epoch. */
  readonly now: () => number;
}

let tokensOf: (service: DelegationService) => TokenClient;

/** Calls APIs for an identity, in the configured mode of each target. It never gives a token to its caller. */
@Injectable()
export class DelegationService {
  readonly #cache: TokenCache;
  readonly #pending = new Shares();
  /** `#private`, because handlers can inject this service and these parts give access to keys and secrets. */
  readonly #parts: DelegationParts;

  constructor(
    @Inject(EieConfiguration) configuration: EieConfiguration<ServerOptions & Pick<EieOptions, 'signing'>>,
    @Inject(TargetRegistry) targets: TargetRegistry,
    @Inject(AuditRecorder) audit: AuditRecorder,
    @Inject(IdentityRevocation) revocation: IdentityRevocation,
    @Inject(EIE_DIAGNOSTICS) private readonly diagnostics: Diagnostics,
  ) {
    const options = optionsOf(configuration);
    const io = { fetch: options.ports?.fetch ?? fetch };
    const { clock = Date.now } = options.ports ?? {};
    const now = (): number => Math.floor(clock() / 1000);
    const asking = { fetch: io.fetch, diagnostics, documents: documentsOf(options) };
    const tokens = new TokenClient(new IssuerClient(partition(options.issuers).configured, asking), targets, now);
    const note = (credential: string): void => noteCredential(credential, now());
    const sealer = new EnvelopeSealer(options.keys, trustDomainOf(options), { diagnostics, onSealed: note });
    this.#parts = {
      server: configuration,
      targets,
      targetIssuers: new TargetIssuers(options),
      tokens,
      sealer,
      audit,
      revocation,
      scopeWords: new ScopeWords(options.issuers),
      io,
      now,
    };
    const shared = options.ports?.delegatedTokens;
    const sharing = { server: options.resource, diagnostics, now, revocation, onOpened: note };
    this.#cache = new TokenCache(now, shared && new SharedTokens({ ...shared, ...sharing }));
    revocation.onPurge(revoked => this.#cache.forget(revoked));
  }

  /**
   * A fetch that calls one target as this identity. Everything is checked at each call, so that each refusal is recorded there; getting
   * the fetch never fails. When the target refuses its token (401 `invalid_token`), a new token is requested and the call is sent again,
   * once, if its body can be sent again. What its `json` does, {@link DelegatedFetch.json} says.
   *
   * The calls reject with an EieError: `identity_missing`, `identity_forged` (also for an envelope that the guard of this server has
   * not issued or let in), `identity_of_another_copy`, `identity_expired` (also once its handler has returned) or `identity_revoked` for
   * what is not a live identity; `target_undeclared`, `target_not_received`, `agent_not_allowed`, `tenant_not_allowed`, `target_tenant_unknown`,
   * `target_issuer_refused`, `target_url_refused`, `target_request_refused`, `delegation_requires_user`, `delegation_scope_empty` before anything is
   * sent; `delegation_token_missing` where this call has no token to exchange; `delegation_reauthenticate`, `delegation_step_up`,
   * `delegation_consent_required`, `delegation_user_not_assigned`, `delegation_audience_unavailable`, `delegation_denied`,
   * `delegation_misconfigured`, `delegation_rate_limited`, `delegation_unavailable`, `delegated_token_refused` for what the authorization
   * server says; `limit_reached` when this principal waits for as many exchanges as it may; `target_credential_unavailable` where the
   * target's own credential fails; `target_unavailable`, `target_response_refused`, `target_redirect_refused`, and from `json` alone `target_failed`;
   * `signing_unavailable` when the signer of this server fails, `txn_token_too_large` where the identity is larger than a receiver takes; `revocation_unavailable`; `audit_unavailable`. No failure makes it try another mode. A signal of the caller's aborts the call as it aborts any fetch.
   *
   * @param identity the envelope of the running execution, from `@Identity()`
   * @param target a name among the configured targets, declared by the handler
   * @example const invoice = await this.delegation.for(identity, 'billing_api').json<Invoice>(path`/invoices/${number}`);
   */
  for(identity: ExecutionIdentityEnvelope, target: string): DelegatedFetch {
    const call = (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
      this.#call({ identity, target, input, init }).then(answer => {
        noteRefusal(this.diagnostics, target, answer);
        return answer.response();
      });
    const json = async (input: string | URL | Request, init?: RequestInit): Promise<unknown> => {
      const answer = await this.#call({ identity, target, input, init, accept: 'application/json' });
      const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
      return jsonOf(answer, signal, { target, named: namedIn(this.#parts.targets.get(target)) });
    };
    const baseUrl = (): string =>
      this.#parts.targets.forTenant(target, assertEnvelope(identity).actor.tenant).baseUrl.href;
    return Object.defineProperties(call, { json: { value: json }, baseUrl: { get: baseUrl } }) as DelegatedFetch;
  }

  static {
    tokensOf = service => service.#parts.tokens;
  }

  async #call(asked: AskedCall): Promise<SearchedAnswer> {
    const parts = this.#parts;
    const { record, envelope, target, scopes, requests } = await grantCall(parts, asked);
    const mode = MODES[target.mode];
    const recorded = new CallRecord(parts.audit, {
      subject: envelope,
      mode: target.mode,
      handler: record.execution.handlerName,
      target: asked.target,
      ...(mode.requested && { requested: mode.requested }),
    });
    const call = new DownstreamCall(
      mode,
      { envelope, target, scopes, tokens: parts.tokens, cache: this.#cache, pending: this.#pending, now: parts.now },
      {
        requests,
        fetch: untraced(parts.io.fetch),
        trace: () => span.headers(target.external === true),
        seal: () => sealEnvelope(parts.sealer, envelope, target, parts.now()),
        onSend: () => record.calls.note({ target: asked.target, mode: target.mode }),
        assertAllowed: () => assertRunning(parts.revocation, record, envelope, parts.now()),
        onEcho: () => recorded.noteEcho(),
        stops: record.stops,
      },
    );
    const span = new CallSpan(record, envelope, { target: asked.target, mode: target.mode });
    await recorded.begin();
    const end = async (ending: CallEnding): Promise<void> => {
      span.end(ending);
      await recorded.end(ending, call);
    };
    try {
      const { input, init } = asked;
      const options = { ...callOptions(input, init), isRepeatable: isRepeatable(input, init) };
      const answer = await span.within(() => call.run(options));
      await end(answered(answer));
      return answer;
    } catch (error) {
      await end(notAnswered(error, call));
      throw error;
    }
  }
}

/** The same for every tenant. */
function namedIn(target: Target | undefined): NamedUser {
  if (!target || (!MODES[target.mode].requested && target.external)) return 'nowhere';
  return MODES[target.mode].requested ? 'token' : 'txn_token';
}

/** The problems with the keys for client authentication. For the check at boot. */
export const clientProblems = (service: DelegationService): Promise<string[]> => tokensOf(service).problems();

/** For health checks. */
export const authorizationServers = (service: DelegationService): AuthorizationServerHealth[] =>
  tokensOf(service).health();
