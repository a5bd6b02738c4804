import { type ExecutionContext } from '@nestjs/common';
import {
  type AccessToken,
  type AdmittedIdentity,
  type Diagnostics,
  EieError,
  type IssuerPolicy,
  type ReplayStore,
} from 'execution-identity';
import { admittedAgain } from 'execution-identity/internal/admit';
import { type IdentityRevocation } from '../revocation/identity-revocation.service.js';
import {
  checkLength,
  isOpaque,
  revocableIdentity,
  parseCompactJws,
  type VerifiedToken,
} from 'execution-identity/internal';
import { keepToken } from '../vault/keep-token.js';
import { noteCredential } from '../vault/note-credential.js';
import { type Credential, credentialOf } from '../edge/credential.js';
import { dropCredentials } from '../edge/drop-credentials.js';
import { type HttpRequest, networkHolder, nodeRequest } from '../http/http-request.js';
import { offerNonce } from '../http/offer-nonce.js';
import { assertSameOrigin } from './cross-site.js';
import { type OpaqueAuthenticator } from './introspection.strategy.js';
import { type IssuerDirectory } from '../issuers/issuer-directory.js';
import { type ServerOptions } from '../configuration/server-profile.js';
import { opaqueIssuer, trustedIssuers } from './trusted-issuers.js';
import { type IssuerAuthenticator, issuerAuthenticator } from './jwt.strategy.js';
import { Possession } from './possession.js';
import { TokenHeaders } from '../configuration/token-headers.js';
import { type Resources, type RouteResource } from '../http/resources.js';
import { type RememberedToken, TokenMemory } from './token-memory.js';

/** Verifies the access token of a request, once: takes it from the edge, parses it, finds the issuer, verifies it, and drops it. */
export class Boundary {
  readonly #memory: TokenMemory;
  readonly #possession: Possession;
  readonly #publicUrl: string | undefined;
  readonly #tokenHeaders: TokenHeaders;
  readonly #authenticators = new Map<IssuerPolicy, IssuerAuthenticator>();
  readonly #issuers: IssuerDirectory;
  /** The issuer whose tokens may be opaque. */
  readonly #opaque: OpaqueAuthenticator | undefined;
  /** Seconds since the epoch. */
  readonly #now: () => number;

  constructor(
    options: ServerOptions,
    private readonly revocation: IdentityRevocation,
    private readonly resources: Resources,
    ports: { readonly replays: ReplayStore; readonly diagnostics: Diagnostics },
  ) {
    this.#possession = new Possession(ports, options.authorization?.proofOfPossession);
    this.#tokenHeaders = new TokenHeaders(options.issuers);
    this.#publicUrl = options.authorization?.proofOfPossession?.publicUrl;
    const { clock = Date.now } = options.ports ?? {};
    this.#now = () => Math.floor(clock() / 1000);
    this.#issuers = trustedIssuers(options, resources, ports.diagnostics);
    this.#opaque = opaqueIssuer(options, this.#issuers, this.#now, ports.diagnostics);
    this.#memory = new TokenMemory(policy => this.#issuers.isCurrent(policy), options.limits?.tokenMemory);
    revocation.onPurge(revoked => this.#memory.forget(revoked));
    this.#issuers.onForget(policy => {
      this.#authenticators.get(policy)?.close();
      this.#authenticators.delete(policy);
    });
  }

  /**
   * @param isTokenNeeded whether some target acts for users, so that the token of a user is kept for its own issuer
   * @throws EieError saying which check failed; the credentials are dropped afterwards, whatever the result
   */
  async admit(context: ExecutionContext, isTokenNeeded: boolean): Promise<AdmittedIdentity> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    try {
      const resource = this.resources.of(context);
      const credential = credentialOf(request, this.#tokenHeaders);
      if (this.#tokenHeaders.names.includes(credential.header))
        assertSameOrigin(request, this.#originsOf(resource), this.resources.pagesOf(context));
      const nonce = this.#possession.nonceFor(credential, this.#now());
      if (nonce !== undefined) offerNonce(context.switchToHttp().getResponse(), nonce);
      const { token, policy, identity } = this.#recall(credential) ?? (await this.#verify(request, credential));
      this.#assertMeant(token, policy, this.resources.routeOf(context));
      const admitted = admittedAgain(identity);
      // For a token in the memory too: it may have been revoked since.
      const asked = this.revocation.assertNotRevoked(revocableIdentity(admitted));
      if (asked) await asked;
      const proof = this.#possession.prove(token, credential, { request, resource, holder: admitted }, this.#now());
      if (proof) await proof;
      if (admitted.actor.type === 'user' && isTokenNeeded) keepToken(admitted, credential.token, token);
      return admitted;
    } finally {
      dropCredentials(nodeRequest(request));
    }
  }

  #originsOf(resource: string): string[] {
    return [resource, ...(this.#publicUrl === undefined ? [] : [this.#publicUrl])].map(url => new URL(url).origin);
  }

  close(): void {
    this.#issuers.close();
    this.#opaque?.close();
  }

  /** A token that was verified a moment ago. It is neither parsed nor verified again. */
  #recall({ token, header }: Credential): RememberedToken | undefined {
    const known = this.#memory.recall(token, this.#now());
    if (known) this.#assertCarrier(header, known.policy.issuer);
    return known;
  }

  async #verify(request: HttpRequest, { token, header }: Credential): Promise<RememberedToken> {
    const opaque = this.#opaque;
    const from = networkHolder(request);
    if (opaque && isOpaque(token)) {
      this.#assertCarrier(header, opaque.policy.issuer);
      checkLength(token, opaque.policy);
      const asks = this.#memory.knows(token) ? undefined : from;
      return this.#remember(token, opaque.policy, await opaque.authenticate(token, asks));
    }
    const jws = parseCompactJws(token);
    this.#assertCarrier(header, jws.claims.iss);
    const policy = await this.#issuers.find(jws.claims.iss, from);
    return this.#remember(token, policy, await this.#authenticator(policy).authenticate(jws));
  }

  /** Who may set a header of a proxy is not who may set `Authorization`: each issuer has one of them. */
  #assertCarrier(header: string, issuer: unknown): void {
    const own = this.#tokenHeaders.of(issuer);
    if (own === header) return;
    const finding = {
      claim: 'iss',
      received: issuer,
      fix: `Tokens of this issuer are read from the header "${own}" alone: see issuers[].tokenHeader.`,
    };
    throw new EieError('issuer_unknown', { finding });
  }

  #authenticator(policy: IssuerPolicy): IssuerAuthenticator {
    const authenticator = this.#authenticators.get(policy) ?? issuerAuthenticator(policy, this.#now);
    this.#authenticators.set(policy, authenticator);
    return authenticator;
  }

  #remember(compact: string, policy: IssuerPolicy, verified: VerifiedToken): RememberedToken {
    noteCredential(compact, this.#now(), verified.token.expiresAt);
    return this.#memory.remember(compact, verified, policy, this.#now());
  }

  /** The policy accepts every audience of this server. A token for one of its routes must not be accepted at another. */
  #assertMeant(
    { audience }: Pick<AccessToken, 'audience'>,
    policy: IssuerPolicy,
    route: RouteResource | undefined,
  ): void {
    const { issuer } = policy;
    const meant =
      route === undefined || route.resource === this.resources.main
        ? audiencesOf(policy)
        : (route.audience ?? [route.resource]);
    if (!meant.some(one => audience.includes(one)))
      throw new EieError('audience_refused', {
        finding: { issuer, claim: 'aud', expected: meant, received: audience },
      });
    if (route?.issuers && !route.issuers.includes(issuer))
      throw new EieError('issuer_unknown', {
        finding: { claim: 'iss', expected: route.issuers, received: issuer, fix: 'See "issuers" of the route.' },
      });
  }
}

const audiencesOf = ({ audience, tenantAudience }: IssuerPolicy): readonly string[] =>
  tenantAudience === undefined ? audience : [...audience, tenantAudience];
