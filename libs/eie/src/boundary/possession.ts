import { type AccessToken, EieError, type ShareHolder } from 'execution-identity';
import { type ReplayCheck, verifyDpopProof } from 'execution-identity/internal';
import { type Credential } from '../edge/credential.js';
import { type HttpRequest } from '../http/http-request.js';

/**
 * Sender-constrained tokens: DPoP (RFC 9449 §7). A token that is bound to a key needs the `DPoP` scheme and one proof of that key for
 * this request. A token that is not bound must not use that scheme. A bound token is never accepted as a bearer token.
 */
export class Possession {
  constructor(private readonly check: ReplayCheck) {}

  /**
   * @param at `resource`: its origin is the one that proofs must name
   * @param now seconds since the epoch
   * @throws EieError `proof_of_possession_invalid`, `proof_replayed`, `limit_reached`
   */
  async prove(
    token: AccessToken,
    { scheme, token: accessToken, proofs }: Credential,
    at: { readonly request: HttpRequest; readonly resource: string; readonly holder: ShareHolder },
    now: number,
  ): Promise<void> {
    const { request, resource, holder } = at;
    const { jkt } = token;
    if (jkt === undefined && scheme === 'bearer') return;
    const [proof, second] = proofs;
    if (jkt === undefined || scheme !== 'dpop' || proof === undefined || second !== undefined)
      throw new EieError('proof_of_possession_invalid');
    const url = `${new URL(resource).origin}${request.originalUrl ?? request.url ?? ''}`;
    await verifyDpopProof(proof, { method: request.method ?? '', url, accessToken, jkt, holder }, this.check, now);
  }
}
