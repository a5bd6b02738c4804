import { type ExecutionContext } from '@nestjs/common';
import { type AccessToken, type AdmittedIdentity, EieError, type IssuerPolicy } from 'execution-identity';
import { admit } from 'execution-identity/internal/admit';
import { type IdentityRevocation } from '../revocation/identity-revocation.service.js';
import { isOpaque, MAX_TOKEN_LENGTH, parseCompactJws, type VerifiedToken } from 'execution-identity/internal';
import { keepToken } from '../vault/keep-token.js';
import { type Credential, credentialOf } from '../edge/credential.js';
import { type HttpRequest } from '../http/http-request.js';
import { stripCredentials } from '../edge/strip-credentials.js';
import { type OpaqueAuthenticator } from './introspection.strategy.js';
import { type IssuerDirectory } from '../issuers/issuer-directory.js';
import { type IssuerAuthenticator, issuerAuthenticator } from './jwt.strategy.js';
import { Possession } from './possession.js';
import { type Resources } from '../http/resources.js';
import { TokenMemory } from './token-memory.js';

export interface BoundaryParts {
  readonly issuers: IssuerDirectory;
  /** The issuer whose tokens may be opaque. */
  readonly opaque?: OpaqueAuthenticator;
  readonly revocation: IdentityRevocation;
  readonly resources: Resources;
  /** Seconds since the epoch. */
  readonly now: () => number;
  /** Whether some target acts for users, so that the token is needed once more, at its own issuer. */
  readonly keepsTokens: () => boolean;
}

/** Where an access token is verified and stopped: extract, parse, find its issuer, verify, strip. Once per request. */
export class Boundary {
  readonly #memory = new TokenMemory();
  readonly #possession = new Possession();
  readonly #authenticators = new Map<IssuerPolicy, IssuerAuthenticator>();

  constructor(private readonly parts: BoundaryParts) {
    parts.revocation.onPurge(revoked => this.#memory.forget(revoked));
    parts.issuers.onForget(policy => {
      this.#authenticators.get(policy)?.close();
      this.#authenticators.delete(policy);
    });
  }

  /** @throws EieError saying which check failed; the request is without credentials afterwards, whatever the result */
  async admit(context: ExecutionContext): Promise<AdmittedIdentity> {
    try {
      const request = context.switchToHttp().getRequest<HttpRequest>();
      const resource = this.parts.resources.of(context);
      const credential = credentialOf(request);
      const { token, policy } = await this.#verify(context, credential.token);
      this.#assertMeant(token, policy, resource);
      await this.#check(token, credential, request, resource);
      const admitted = admit(token, policy);
      if (admitted.actor.type === 'user' && this.parts.keepsTokens()) keepToken(admitted, credential.token, token);
      return admitted;
    } finally {
      stripCredentials(context);
    }
  }

  close(): void {
    this.parts.issuers.close();
    this.parts.opaque?.close();
  }

  async #verify(context: ExecutionContext, token: string): Promise<{ token: AccessToken; policy: IssuerPolicy }> {
    const { opaque } = this.parts;
    if (token.length > MAX_TOKEN_LENGTH) throw new EieError('token_too_large');
    if (opaque && isOpaque(token))
      return this.#remembering(token, opaque.policy, () => opaque.authenticate(context, token));
    const jws = parseCompactJws(token);
    const policy = await this.parts.issuers.find(jws.claims.iss);
    return this.#remembering(token, policy, () => this.#authenticator(policy).authenticate(context, jws));
  }

  #authenticator(policy: IssuerPolicy): IssuerAuthenticator {
    const authenticator = this.#authenticators.get(policy) ?? issuerAuthenticator(policy, this.parts.now);
    this.#authenticators.set(policy, authenticator);
    return authenticator;
  }

  async #remembering(
    compact: string,
    policy: IssuerPolicy,
    verify: () => Promise<VerifiedToken>,
  ): Promise<{ token: AccessToken; policy: IssuerPolicy }> {
    const known = this.#memory.recall(compact, policy, this.parts.now());
    if (known) return { token: known, policy };
    const verified = await verify();
    this.#memory.remember(compact, verified, policy, this.parts.now());
    return { token: verified.token, policy };
  }

  /** The policy knows every audience of this server; a token for one of its routes is no token for another. */
  #assertMeant({ audience }: AccessToken, policy: IssuerPolicy, resource: string): void {
    const meant = resource === this.parts.resources.main ? policy.audience : [resource];
    if (!meant.some(one => audience.includes(one))) throw new EieError('audience_refused');
  }

  /** What is checked every time, also of a token that is remembered. */
  async #check(token: AccessToken, credential: Credential, request: HttpRequest, resource: string): Promise<void> {
    this.parts.revocation.assertNotRevoked({ ...token, client_id: token.clientId });
    await this.#possession.prove(token, credential, { request, resource }, this.parts.now());
  }
}
