import { types } from 'node:util';
import { type ExecutionContext } from '@nestjs/common';
import { type AdmittedIdentity, type Diagnostics, type RegisteredAgent, type ReplayStore } from 'execution-identity';
import { admittedAs } from 'execution-identity/internal/admit';
import { type IdentityRevocation } from '../revocation/identity-revocation.service.js';
import { revocableIdentity } from 'execution-identity/internal';
import { keepToken } from '../vault/keep-token.js';
import { type Credential, credentialOf } from '../edge/credential.js';
import { dropCredentials } from '../edge/drop-credentials.js';
import { type HttpRequest, nodeRequest } from '../http/http-request.js';
import { offerNonce } from '../http/offer-nonce.js';
import { assertMeant } from './assert-meant.js';
import { assertSameOrigin } from './cross-site.js';
import { type ServerOptions } from '../configuration/server-profile.js';
import { Possession } from './possession.js';
import { TokenHeaders } from '../configuration/token-headers.js';
import { AgentDirectory } from '../issuers/agent-directory.js';
import { type Resources } from '../http/resources.js';
import { type RememberedToken } from './token-memory.js';
import { VerifiedTokens } from './verified-tokens.js';

/** What came with a request. */
interface Presented {
  readonly context: ExecutionContext;
  readonly request: HttpRequest;
  readonly credential: Credential;
  readonly isTokenNeeded: boolean;
  readonly resource: string;
}

/** Admits the identity of a request: takes its token from the edge, has it verified, meets it with the request, and drops it. */
export class Boundary {
  readonly #tokens: VerifiedTokens;
  readonly #agents: AgentDirectory;
  readonly #possession: Possession;
  readonly #publicUrl: string | undefined;
  readonly #tokenHeaders: TokenHeaders;
  /** Seconds since the epoch. */
  readonly #now: () => number;

  constructor(
    options: ServerOptions,
    private readonly revocation: IdentityRevocation,
    private readonly resources: Resources,
    ports: { readonly replays: ReplayStore; readonly diagnostics: Diagnostics },
  ) {
    this.#agents = new AgentDirectory(options.ports ?? {});
    this.#possession = new Possession(ports, options.authorization?.proofOfPossession);
    this.#tokenHeaders = new TokenHeaders(options.issuers);
    this.#publicUrl = options.authorization?.proofOfPossession?.publicUrl;
    const { clock = Date.now } = options.ports ?? {};
    this.#now = () => Math.floor(clock() / 1000);
    this.#tokens = new VerifiedTokens(options, { revocation, resources, diagnostics: ports.diagnostics }, this.#now);
  }

  /**
   * @param isTokenNeeded whether some target acts for users, so that the token of a user is kept for its own issuer
   * @returns a promise where something has to be waited for: a token that is not remembered, a proof, a revocation store elsewhere
   * @throws EieError saying which check failed; the credentials are dropped afterwards, whatever the result
   */
  admit(context: ExecutionContext, isTokenNeeded: boolean): AdmittedIdentity | Promise<AdmittedIdentity> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const node = nodeRequest(request);
    let isWaiting = false;
    try {
      const admitted = this.#admit(context, request, isTokenNeeded);
      isWaiting = types.isPromise(admitted);
      return types.isPromise(admitted) ? admitted.finally(() => dropCredentials(node)) : admitted;
    } finally {
      if (!isWaiting) dropCredentials(node);
    }
  }

  #admit(
    context: ExecutionContext,
    request: HttpRequest,
    isTokenNeeded: boolean,
  ): AdmittedIdentity | Promise<AdmittedIdentity> {
    const credential = credentialOf(request, this.#tokenHeaders);
    const presented = { context, request, credential, isTokenNeeded, resource: this.resources.of(context) };
    if (this.#tokenHeaders.names.includes(credential.header))
      assertSameOrigin(request, this.#originsOf(presented.resource), this.resources.pagesOf(context));
    const now = this.#now();
    const nonce = this.#possession.nonceFor(credential, now);
    if (nonce !== undefined) offerNonce(context.switchToHttp().getResponse(), nonce);
    const verified = this.#tokens.verify(request, credential, now);
    return types.isPromise(verified)
      ? verified.then(token => this.#meet(token, presented, this.#now()))
      : this.#meet(verified, presented, now);
  }

  /** A verified token meets the request that it came with. */
  #meet(remembered: RememberedToken, presented: Presented, now: number): AdmittedIdentity | Promise<AdmittedIdentity> {
    const { token, policy, identity } = remembered;
    assertMeant(token, policy, this.resources, this.resources.routeOf(presented.context));
    const entries = this.#agents.find(identity, policy);
    if (!types.isPromise(entries)) return this.#meetAs(entries, remembered, presented, now);
    return entries.then(found => this.#meetAs(found, remembered, presented, this.#now()));
  }

  #meetAs(
    found: readonly RegisteredAgent[],
    { token, policy, identity }: RememberedToken,
    presented: Presented,
    now: number,
  ): AdmittedIdentity | Promise<AdmittedIdentity> {
    const admitted = admittedAs(identity, found, policy);
    // For a token in the memory too: it may have been revoked since. A proof is used up only where it has not.
    const asked = this.revocation.assertNotRevoked(revocableIdentity(admitted));
    const proof = asked
      ? asked.then(() => this.#prove(token, presented, admitted, this.#now()))
      : this.#prove(token, presented, admitted, now);
    return proof ? proof.then(() => kept(admitted, token, presented)) : kept(admitted, token, presented);
  }

  #prove(
    token: RememberedToken['token'],
    { request, credential, resource }: Presented,
    holder: AdmittedIdentity,
    now: number,
  ): Promise<void> | undefined {
    return this.#possession.prove(token, credential, { request, resource, holder }, now);
  }

  #originsOf(resource: string): string[] {
    return [resource, ...(this.#publicUrl === undefined ? [] : [this.#publicUrl])].map(url => new URL(url).origin);
  }

  close(): void {
    this.#tokens.close();
  }
}

/** With its token, where a target may be called with it. */
function kept(
  admitted: AdmittedIdentity,
  token: RememberedToken['token'],
  { isTokenNeeded, credential }: Presented,
): AdmittedIdentity {
  if (isTokenNeeded && admitted.actor.type === 'user') keepToken(admitted, credential.token, token);
  return admitted;
}
