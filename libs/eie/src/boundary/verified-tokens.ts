import { type Diagnostics, type IssuerPolicy, EieError } from 'execution-identity';
import { checkLength, digest, isOpaque, parseAccessToken, type VerifiedToken } from 'execution-identity/internal';
import { type ServerOptions } from '../configuration/server-profile.js';
import { TokenHeaders } from '../configuration/token-headers.js';
import { type Credential } from '../edge/credential.js';
import { type HttpRequest, networkHolder } from '../http/http-request.js';
import { type Resources } from '../http/resources.js';
import { type IssuerDirectory } from '../issuers/issuer-directory.js';
import { type IdentityRevocation } from '../revocation/identity-revocation.service.js';
import { noteCredential } from '../vault/note-credential.js';
import { type OpaqueAuthenticator } from './introspection.strategy.js';
import { type IssuerAuthenticator, issuerAuthenticator } from './jwt.strategy.js';
import { type RememberedToken, TokenMemory } from './token-memory.js';
import { opaqueIssuer, trustedIssuers } from './trusted-issuers.js';

/** Verifies access tokens, each once: parses it, finds its issuer, has it verified, and remembers it. */
export class VerifiedTokens {
  readonly #memory: TokenMemory;
  readonly #tokenHeaders: TokenHeaders;
  readonly #authenticators = new Map<IssuerPolicy, IssuerAuthenticator>();
  readonly #issuers: IssuerDirectory;
  /** The issuer whose tokens may be opaque. */
  readonly #opaque: OpaqueAuthenticator | undefined;
  readonly #now: () => number;

  /** @param now seconds since the epoch */
  constructor(
    options: ServerOptions,
    parts: {
      readonly revocation: IdentityRevocation;
      readonly resources: Resources;
      readonly diagnostics: Diagnostics;
    },
    now: () => number,
  ) {
    this.#now = now;
    this.#tokenHeaders = new TokenHeaders(options.issuers);
    this.#issuers = trustedIssuers(options, parts.resources, parts.diagnostics);
    this.#opaque = opaqueIssuer(options, this.#issuers, now, parts.diagnostics);
    this.#memory = new TokenMemory(policy => this.#issuers.isCurrent(policy), options.limits?.tokenMemory);
    parts.revocation.onPurge(revoked => this.#memory.forget(revoked));
    this.#issuers.onForget(policy => {
      this.#authenticators.get(policy)?.close();
      this.#authenticators.delete(policy);
    });
  }

  /**
   * @param now seconds since the epoch
   * @returns a promise of a token that is not remembered
   * @throws EieError saying which check failed; the promise rejects with it
   */
  verify(request: HttpRequest, credential: Credential, now: number): RememberedToken | Promise<RememberedToken> {
    const hash = digest(credential.token);
    return this.#recall(hash, credential, now) ?? this.#verifyNew(hash, request, credential);
  }

  close(): void {
    this.#issuers.close();
    this.#opaque?.close();
  }

  /** A token that was verified a moment ago. It is neither parsed nor verified again. */
  #recall(hash: string, { header }: Credential, now: number): RememberedToken | undefined {
    const known = this.#memory.recall(hash, now);
    if (known) this.#assertCarrier(header, known.policy.issuer);
    return known;
  }

  async #verifyNew(hash: string, request: HttpRequest, { token, header }: Credential): Promise<RememberedToken> {
    const opaque = this.#opaque;
    const from = networkHolder(request);
    if (opaque && isOpaque(token)) {
      this.#assertCarrier(header, opaque.policy.issuer);
      checkLength(token, opaque.policy);
      const asks = this.#memory.knows(hash) ? undefined : from;
      return this.#remember(hash, token, opaque.policy, await opaque.authenticate(token, asks));
    }
    const jws = parseAccessToken(token);
    this.#assertCarrier(header, jws.claims.iss);
    const policy = await this.#issuers.find(jws.claims.iss, from);
    return this.#remember(hash, token, policy, await this.#authenticator(policy).authenticate(jws));
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

  #remember(hash: string, token: string, policy: IssuerPolicy, verified: VerifiedToken): RememberedToken {
    const now = this.#now();
    noteCredential(token, now, verified.token.expiresAt);
    return this.#memory.remember(hash, verified, policy, now);
  }
}
