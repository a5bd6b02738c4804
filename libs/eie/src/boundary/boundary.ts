import { type ExecutionContext } from '@nestjs/common';
import { admit, type AdmittedIdentity } from '../envelope/issue.js';
import { type IdentityRevocation } from '../identity-revocation.service.js';
import { type AccessToken } from '../token/claims-policy.js';
import { parseCompactJws, type ParsedJws } from '../token/compact-jws.js';
import { keepToken } from '../vault.js';
import { type Credential, credentialOf, type HttpRequest, stripCredentials } from './credential.js';
import { type IssuerDirectory, type KnownIssuer } from './issuer-directory.js';
import { Possession } from './possession.js';
import { TokenMemory } from './token-memory.js';

export interface BoundaryParts {
  readonly issuers: IssuerDirectory;
  readonly revocation: IdentityRevocation;
  /** The identifier of this server. */
  readonly resource: string;
  /** Seconds since the epoch. */
  readonly now: () => number;
  /** Whether some target acts for users, so that the token is needed once more, at its own issuer. */
  readonly keepsTokens: () => boolean;
}

/** Where an access token is verified and stopped: extract, parse, find its issuer, verify, strip. Once per request. */
export class Boundary {
  readonly #memory = new TokenMemory();
  readonly #possession: Possession;

  constructor(private readonly parts: BoundaryParts) {
    this.#possession = new Possession(parts.resource);
    parts.revocation.onPurge(revoked => this.#memory.forget(revoked));
  }

  /** @throws EieError saying which check failed; the request is without credentials afterwards, whatever the result */
  async admit(context: ExecutionContext): Promise<AdmittedIdentity> {
    try {
      const request = context.switchToHttp().getRequest<HttpRequest>();
      const credential = credentialOf(request);
      const jws = parseCompactJws(credential.token);
      const issuer = await this.parts.issuers.find(jws.claims.iss);
      const token = await this.#verify(context, jws, issuer);
      await this.#check(token, credential, request);
      const admitted = admit(token, issuer.policy);
      if (admitted.actor.type === 'user' && this.parts.keepsTokens()) keepToken(admitted, jws.compact, issuer.policy.issuer);
      return admitted;
    } finally {
      stripCredentials(context);
    }
  }

  close(): void {
    this.parts.issuers.close();
  }

  async #verify(context: ExecutionContext, jws: ParsedJws, { policy, authenticator }: KnownIssuer): Promise<AccessToken> {
    const known = this.#memory.recall(jws.compact, policy, this.parts.now());
    if (known) return known;
    const verified = await authenticator.authenticate(context, jws);
    this.#memory.remember(jws.compact, verified, policy, this.parts.now());
    return verified.token;
  }

  /** What is checked every time, also of a token that is remembered. */
  async #check(token: AccessToken, credential: Credential, request: HttpRequest): Promise<void> {
    this.parts.revocation.assertNotRevoked({ ...token, client_id: token.clientId });
    await this.#possession.prove(token, credential, request, this.parts.now());
  }
}
