import { type IncomingMessage } from 'node:http';
import { BlockList } from 'node:net';
import { type TLSSocket } from 'node:tls';
import { EieError } from 'execution-identity';
import { digest } from 'execution-identity/internal';
import { headerLines, valuesOf } from '../edge/header-views.js';
import { type ClientCertificateOptions } from '../options/possession.options.js';
import { addNetwork, includesAddress } from '../options/networks.js';
import { certificateIn } from './certificate-header.js';

/**
 * Tokens that are bound to a client certificate (RFC 8705 §3): its SHA-256 must be that of the certificate which the client has proven in the
 * TLS handshake. That comes from the TLS connection of this server, or from the header that is configured, and then from that alone.
 *
 * Who issued the certificate does not matter (§2.2 has self-signed ones), nor does its expiry: the issuer of the token vouches for it. The
 * header is NOT removed from the request: without the key of the certificate it is of no use to anybody.
 */
export class ClientCertificates {
  readonly #header: string | undefined;
  readonly #proxies = new BlockList();

  constructor({ header, proxies }: Partial<ClientCertificateOptions> = {}) {
    this.#header = header?.toLowerCase();
    for (const one of proxies ?? []) addNetwork(this.#proxies, one);
  }

  /**
   * @param thumbprint `cnf['x5t#S256']` of the verified token
   * @throws EieError `proof_of_possession_unsupported` where neither TLS nor a header tells; `key_binding_refused`
   */
  prove(thumbprint: string, request: IncomingMessage): void {
    const certificate = this.#header === undefined ? ofConnection(request) : this.#ofHeader(this.#header, request);
    if (!certificate || digest(certificate) !== thumbprint)
      refuse('The client has not proven the certificate of its token.');
  }

  #ofHeader(header: string, request: IncomingMessage): Buffer | undefined {
    if (!includesAddress(this.#proxies, request.socket?.remoteAddress))
      refuse('The request does not come from authorization.proofOfPossession.clientCertificate.proxies.');
    const [value, second] = valuesOf(headerLines(request), header);
    // The proxy has added its header to that of its client: which is whose is not known.
    if (second !== undefined) refuse(`The header ${header} comes twice: let the proxy remove that of its client.`);
    return value === undefined ? undefined : certificateIn(value);
  }
}

function ofConnection({ socket }: IncomingMessage): Buffer | undefined {
  const { encrypted, getPeerCertificate } = socket as Partial<TLSSocket>;
  if (!encrypted || !getPeerCertificate) throw new EieError('proof_of_possession_unsupported', { finding: NO_TLS });
  // Without a certificate Node gives an empty object.
  return (socket as TLSSocket).getPeerCertificate(true).raw;
}

const CLAIM = "cnf['x5t#S256']";
const NO_TLS = {
  claim: CLAIM,
  fix: 'This server does not end TLS: name the header of the proxy that does in authorization.proofOfPossession.clientCertificate.',
};

function refuse(fix: string): never {
  throw new EieError('key_binding_refused', { finding: { claim: CLAIM, fix } });
}
