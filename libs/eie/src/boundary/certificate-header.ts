import { X509Certificate } from 'node:crypto';

/** A byte sequence (RFC 8941 §3.3.5), as RFC 9440 §2.1 has a certificate. */
const BYTES = /^:([A-Za-z0-9+/]+={0,2}):$/;
const BLOCK = String.raw`-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+?)\s-----END CERTIFICATE-----\s*`;
/** One, and the rest of its chain. */
const PEM = new RegExp(`^${BLOCK}(?:${BLOCK})*$`);

/**
 * The certificate in a header of a proxy: `Client-Cert` of RFC 9440, or a URL-encoded PEM, as nginx, Envoy and the load balancer of AWS write
 * it. Of a chain it is the first. A comma is in neither: it stands where a proxy has put its line after that of its client (RFC 9110 §5.3). Whether a `+` stands for a space is not in question: none of them writes one so.
 *
 * It does NOT verify the certificate: that was the proxy's part of the handshake.
 *
 * @returns its DER; `undefined` for everything else
 */
export function certificateIn(value: string): Buffer | undefined {
  if (value.includes(',')) return undefined;
  const base64 = BYTES.exec(value.trim())?.[1] ?? PEM.exec(decoded(value))?.[1]?.replace(/\s/g, '');
  if (base64 === undefined) return undefined;
  try {
    const der = Buffer.from(base64, 'base64');
    return new X509Certificate(der).raw.equals(der) ? der : undefined;
  } catch {
    return undefined;
  }
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return '';
  }
}
