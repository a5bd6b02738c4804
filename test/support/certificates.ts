import { randomBytes, sign, X509Certificate } from 'node:crypto';
import { newKeyPair } from './key-pair.js';

/** A certificate with its key, as `node:tls` takes them. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
  readonly der: Buffer;
  /** The members of RFC 8705 §3.1. */
  readonly thumbprint: string;
}

/** One value in DER (X.690): its tag, and its content. */
function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const bytes = content.length < 128 ? [] : [...Buffer.from(content.length.toString(16).padStart(4, '0'), 'hex')];
  return Buffer.concat([Buffer.from([tag, ...(bytes.length ? [0x82, ...bytes] : [content.length])]), content]);
}

const SEQUENCE = 0x30;
const sequence = (...parts: Uint8Array[]) => der(SEQUENCE, ...parts);
const text = (value: string) => der(0x0c, Buffer.from(value));
const time = (date: Date) => der(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]|\..*/g, '')}Z`));
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const commonName = (name: string) => sequence(der(0x31, sequence(oid('550403'), text(name))));
const ECDSA_SHA256 = sequence(oid('2a8648ce3d040302'));

const DAY = 86_400_000;

/** A certificate of a key of its own (RFC 5280), signed by another one or by itself. Node can read certificates and not make them. */
export function makeCertificate(
  name: string,
  issuer?: { readonly name: string; readonly by: Certificate },
): Certificate {
  const { privateKey, publicKey } = newKeyPair();
  const alternativeNames = sequence(der(0x82, Buffer.from('localhost')), der(0x87, Buffer.from([127, 0, 0, 1])));
  const now = Date.now();
  const toSign = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1]), randomBytes(8)),
    ECDSA_SHA256,
    commonName(issuer?.name ?? name),
    sequence(time(new Date(now - DAY)), time(new Date(now + DAY))),
    commonName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(
      0xa3,
      sequence(
        sequence(oid('551d11'), der(0x04, alternativeNames)),
        sequence(oid('551d13'), der(0x01, Buffer.from([0xff])), der(0x04, sequence(der(0x01, Buffer.from([0xff]))))),
      ),
    ),
  );
  const signature = sign('sha256', toSign, {
    key: issuer?.by.key ?? privateKey.export({ type: 'pkcs8', format: 'pem' }),
  });
  const bytes = sequence(toSign, ECDSA_SHA256, der(0x03, Buffer.from([0]), signature));
  const certificate = new X509Certificate(bytes);
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    cert: certificate.toString(),
    der: bytes,
    thumbprint: Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url'),
  };
}
