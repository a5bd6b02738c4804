import { badProof, badToken, type Case } from './case.js';
import { bearer, type Kit } from './kit.js';
import { type SiteRequest } from './sites.js';

const SOURCE = 'RFC 8705 §3';
const bytes = (der: Buffer) => `:${der.toString('base64')}:`;
const refused = badToken('key_binding_refused', 'Bearer');

const certified = (
  id: string,
  site: Case['site'],
  expectation: Case['expectation'],
  request: (kit: Kit) => SiteRequest | Promise<SiteRequest>,
  source = SOURCE,
): Case => ({ id: `certificate-${id}`, source, ...(site && { site }), expectation, request });

const withHeaders = ({ certified: token }: Kit, ...headers: string[]) => ({ headers: [...bearer(token), ...headers] });

async function boundTwice(
  { issuer, key, certificate, withProof }: Kit,
  request: SiteRequest = {},
): Promise<SiteRequest> {
  const cnf = { jkt: key.jkt, 'x5t#S256': certificate.thumbprint };
  return withProof(await issuer.token({ cnf }), {}, request);
}

/** Client certificates: on the TLS connection, and in the header of a proxy. */
export const certificateCases: Case[] = [
  certified('tls', 'tls', 'accepted', kit => ({ ...withHeaders(kit), certificate: kit.certificate })),
  certified('tls-other', 'tls', refused, kit => ({ ...withHeaders(kit), certificate: kit.otherCertificate })),
  certified('tls-none', 'tls', refused, kit => withHeaders(kit)),
  certified(
    'tls-header-alone',
    'tls',
    refused,
    kit => withHeaders(kit, 'Client-Cert', bytes(kit.certificate.der)),
    'RFC 9440 §4: a header that nobody has configured',
  ),
  certified('tls-unbound', 'tls', 'accepted', kit => ({ headers: bearer(kit.unbound), certificate: kit.certificate })),
  certified('tls-and-key', 'tls', 'accepted', kit => boundTwice(kit, { certificate: kit.certificate })),
  certified('tls-and-key-no-certificate', 'tls', badToken('key_binding_refused'), kit => boundTwice(kit)),
  certified('tls-and-key-no-proof', 'tls', badProof(), async kit => {
    const { headers = [] } = await boundTwice(kit);
    return { headers: headers.slice(0, 2), certificate: kit.certificate };
  }),
  certified('no-tls', 'plain', badToken('proof_of_possession_unsupported', 'Bearer'), kit =>
    withHeaders(kit, 'Client-Cert', bytes(kit.certificate.der)),
  ),
  certified(
    'header',
    'proxied',
    'accepted',
    kit => withHeaders(kit, 'Client-Cert', bytes(kit.certificate.der)),
    'RFC 9440 §2.2',
  ),
  certified(
    'header-pem',
    'proxied',
    'accepted',
    kit => withHeaders(kit, 'client-cert', encodeURIComponent(kit.certificate.cert)),
    'nginx, $ssl_client_escaped_cert',
  ),
  certified(
    'header-pem-chain',
    'proxied',
    'accepted',
    ({ certificate, otherCertificate, ...kit }) =>
      withHeaders(
        kit as Kit,
        'Client-Cert',
        // The load balancer of AWS leaves these three as they are.
        encodeURIComponent(certificate.cert + otherCertificate.cert).replace(/%(2B|3D|2F)/g, decodeURIComponent),
      ),
    'AWS Application Load Balancer, X-Amzn-Mtls-Clientcert',
  ),
  certified('header-other', 'proxied', refused, kit =>
    withHeaders(kit, 'Client-Cert', bytes(kit.otherCertificate.der)),
  ),
  certified('header-none', 'proxied', refused, kit => withHeaders(kit)),
  certified(
    'header-twice',
    'proxied',
    refused,
    kit => withHeaders(kit, 'Client-Cert', bytes(kit.certificate.der), 'Client-Cert', bytes(kit.otherCertificate.der)),
    'RFC 9440 §4',
  ),
  certified('header-of-no-proxy', 'proxied from elsewhere', refused, kit =>
    withHeaders(kit, 'Client-Cert', bytes(kit.certificate.der)),
  ),
  ...['', ':', '::', ':AAAA:', 'x', '%', '-----BEGIN%20CERTIFICATE-----', ':%3A:'].map((value, i) =>
    certified(`header-garbage-${i + 1}`, 'proxied', refused, kit => withHeaders(kit, 'Client-Cert', value)),
  ),
];
