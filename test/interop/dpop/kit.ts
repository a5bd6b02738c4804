import { createHash, randomUUID } from 'node:crypto';
import { exportJWK, SignJWT } from 'jose';
import { type Certificate, makeCertificate } from '../../support/certificates.js';
import { type ClientKey, clientKey, type Issuer } from './issuer.js';
import { type SiteRequest } from './sites.js';

/** What a proof says otherwise than a right one. A member that is `undefined` is left out. */
interface Changes {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly jwk?: Readonly<Record<string, unknown>>;
  readonly by?: ClientKey;
}

/** A client with its keys, certificates and tokens. */
export interface Kit {
  readonly issuer: Issuer;
  readonly key: ClientKey;
  readonly otherKey: ClientKey;
  readonly certificate: Certificate;
  readonly otherCertificate: Certificate;
  /** Bound to `key` by the provider. */
  readonly bound: string;
  /** Bound to `certificate` by the provider. */
  readonly certified: string;
  readonly unbound: string;
  proof(token: string, changes?: Changes): Promise<string>;
  /** A right request with this token, but for what is changed. */
  withProof(token: string, changes?: Changes, request?: SiteRequest): Promise<SiteRequest>;
}

export const ME = 'https://mcp.shop.test/me';
export const now = () => Math.floor(Date.now() / 1000);
export const bearer = (token: string) => ['Authorization', `Bearer ${token}`];

export async function makeKit(issuer: Issuer): Promise<Kit> {
  const [key, otherKey] = await Promise.all([clientKey(), clientKey()]);
  const authority = makeCertificate('clients');
  const certificate = makeCertificate('client', { name: 'clients', by: authority });

  async function proof(token: string, { claims = {}, header = {}, jwk = {}, by = key }: Changes = {}): Promise<string> {
    const ath = createHash('sha256').update(token).digest('base64url');
    const publicJwk = { ...(await exportJWK(by.publicKey)), ...jwk };
    return new SignJWT({ htm: 'GET', htu: ME, jti: randomUUID(), iat: now(), ath, ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: publicJwk, ...header })
      .sign(by.privateKey);
  }

  return {
    issuer,
    key,
    otherKey,
    certificate,
    otherCertificate: makeCertificate('client', { name: 'clients', by: authority }),
    bound: await issuer.boundToKey(key),
    certified: await issuer.boundToCertificate(certificate),
    unbound: await issuer.token(),
    proof,
    withProof: async (token, changes, request) => ({
      ...request,
      headers: ['Authorization', `DPoP ${token}`, 'DPoP', await proof(token, changes), ...(request?.headers ?? [])],
    }),
  };
}
