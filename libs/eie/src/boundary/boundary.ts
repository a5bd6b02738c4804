import { type ExecutionContext } from '@nestjs/common';
import { EieError } from '../eie.error.js';
import { admit, type AdmittedIdentity } from '../envelope/issue.js';
import { parseCompactJws } from '../token/compact-jws.js';
import { type IssuerPolicy } from '../token/issuer-policy.js';
import { keepToken } from '../vault.js';
import { bearerToken, type HttpRequest, stripCredentials } from './credential.js';
import { type IssuerAuthenticator, issuerAuthenticator } from './jwt.strategy.js';

/** Where an access token is verified and stopped: extract, parse, find its issuer, verify, strip. Once per request. */
export class Boundary {
  readonly #authenticators: ReadonlyMap<string, IssuerAuthenticator>;

  /**
   * @param now seconds since the epoch
   * @param keepsTokens whether some target acts for users, so that the token is needed once more, at its own issuer
   */
  constructor(private readonly issuers: ReadonlyMap<string, IssuerPolicy>, now: () => number, private readonly keepsTokens: () => boolean) {
    this.#authenticators = new Map([...issuers.values()].map(policy => [policy.issuer, issuerAuthenticator(policy, now)]));
  }

  /** @throws EieError saying which check failed; the request is without credentials afterwards, whatever the result */
  async admit(context: ExecutionContext): Promise<AdmittedIdentity> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    try {
      const jws = parseCompactJws(bearerToken(request));
      const issuer = typeof jws.claims.iss === 'string' ? jws.claims.iss : '';
      const [policy, authenticator] = [this.issuers.get(issuer), this.#authenticators.get(issuer)];
      if (!policy || !authenticator) throw new EieError('issuer_unknown');
      const admitted = admit(await authenticator.authenticate(context, jws), policy);
      if (admitted.actor.type === 'user' && this.keepsTokens()) keepToken(admitted, jws.compact, issuer);
      return admitted;
    } finally {
      stripCredentials(context);
    }
  }

  close(): void {
    for (const authenticator of this.#authenticators.values()) authenticator.close();
  }
}
