import { type AccessToken, type AdmittedIdentity, EieError } from 'execution-identity';
import { DpopNonces, type ReplayCheck, shareHolder, verifyDpopProof } from 'execution-identity/internal';
import { type Credential } from '../edge/credential.js';
import { type HttpRequest, nodeRequest } from '../http/http-request.js';
import { publicUrl } from '../http/public-url.js';
import { type ProofOfPossessionOptions } from '../options/possession.options.js';
import { ClientCertificates } from './client-certificates.js';

/**
 * Sender-constrained tokens: DPoP (RFC 9449 §7) and client certificates (RFC 8705 §3). A token that is bound to a key needs the `DPoP` scheme
 * and one proof of that key for this request; one that is bound to a certificate needs that certificate; one that is bound to both needs both.
 *
 * A token that is not bound to a key must not use the scheme `DPoP`, and no proof may stand beside it: its client believes that nobody else
 * can use it, and must learn that its authorization server has bound it to nothing. A bound token is never accepted as a bearer token (§7.2).
 */
export class Possession {
  readonly #check: ReplayCheck;
  readonly #nonces: DpopNonces | undefined;
  readonly #publicUrl: string | undefined;
  readonly #certificates: ClientCertificates;

  constructor(check: ReplayCheck, { nonces, publicUrl, clientCertificate }: ProofOfPossessionOptions = {}) {
    this.#check = check;
    this.#nonces = nonces ? new DpopNonces(nonces === true ? undefined : nonces.secret) : undefined;
    this.#publicUrl = publicUrl;
    this.#certificates = new ClientCertificates(clientCertificate);
  }

  /**
   * The nonce for the next proof of a client that uses DPoP.
   *
   * @param now seconds since the epoch
   */
  nonceFor({ scheme }: Credential, now: number): string | undefined {
    return scheme === 'dpop' ? this.#nonces?.current(now) : undefined;
  }

  /**
   * @param at `holder`: whose share of the remembered proofs it is; `resource`: its origin is the one that proofs must name, unless a public URL is configured
   * @param now seconds since the epoch
   * @returns nothing to wait for where the token is bound to no key by DPoP
   * @throws EieError `proof_of_possession_invalid`, `proof_of_possession_unsupported`, `proof_nonce_required`, `proof_replayed`,
   * `proof_unavailable`, `key_binding_refused`, `limit_reached`
   */
  prove(
    token: Pick<AccessToken, 'jkt' | 'x5t'>,
    { scheme, token: accessToken, proofs }: Credential,
    at: { readonly request: HttpRequest; readonly resource: string; readonly holder: AdmittedIdentity },
    now: number,
  ): Promise<void> | undefined {
    const { request, resource } = at;
    const { jkt, x5t } = token;
    if (x5t !== undefined) this.#certificates.prove(x5t, nodeRequest(request));
    const [proof, second] = proofs;
    if (jkt === undefined) {
      if (scheme === 'dpop' || proof !== undefined) throw new EieError('key_binding_refused', { finding: UNBOUND });
      return undefined;
    }
    const url = publicUrl(this.#publicUrl ?? new URL(resource).origin, request.originalUrl ?? request.url ?? '');
    if (scheme !== 'dpop' || proof === undefined || second !== undefined || url === undefined)
      throw new EieError('proof_of_possession_invalid');
    const expected = {
      method: request.method ?? '',
      url,
      accessToken,
      jkt,
      holder: shareHolder(at.holder),
      nonces: this.#nonces,
    };
    return verifyDpopProof(proof, expected, this.#check, now);
  }
}

const UNBOUND = {
  claim: 'cnf.jkt',
  fix: 'The client sends a DPoP proof, and its token is bound to no key: let the authorization server bind it, or send it as a bearer token.',
};
