import { randomUUID } from 'node:crypto';
import { exportJWK, SignJWT } from 'jose';
import { type JwkSet } from 'nestjs-eie';
import { newKeyPair } from '../../src/authorization-server/key-pair.js';

const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/';
const RISC = 'https://schemas.openid.net/secevent/risc/event-type/';
export const EVENTS = {
  'session-revoked': `${CAEP}session-revoked`,
  'credential-change': `${CAEP}credential-change`,
  'account-disabled': `${RISC}account-disabled`,
  'account-purged': `${RISC}account-purged`,
  'sessions-revoked': `${RISC}sessions-revoked`,
  'verification of RISC': `${RISC}verification`,
  verification: 'https://schemas.openid.net/secevent/ssf/event-type/verification',
} as const;

export const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

export interface Transmitter {
  readonly issuer: string;
  readonly audience: string;
  readonly jwks: JwkSet;
  /** What is signed and how; a claim or a member of the header that is `undefined` is left out. */
  sign(claims: object, header?: object): Promise<string>;
  /** A security event token about a subject. */
  event(name: keyof typeof EVENTS, subject?: object, claims?: object): Promise<string>;
}

/** One that signs security event tokens. */
export async function newTransmitter(issuer: string, now: () => number = Date.now): Promise<Transmitter> {
  const { privateKey, publicKey } = newKeyPair();
  const audience = 'https://mcp.shop.test/signals';
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'set-1', alg: 'ES256' }] } as JwkSet;
  const sign = (claims: object, header: object = {}): Promise<string> =>
    new SignJWT(JSON.parse(JSON.stringify(claims)) as Record<string, unknown>)
      .setProtectedHeader(
        JSON.parse(JSON.stringify({ alg: 'ES256', kid: 'set-1', typ: 'secevent+jwt', ...header })) as never,
      )
      .sign(privateKey);
  return {
    issuer,
    audience,
    jwks,
    sign,
    event: (name, subject, claims = {}) =>
      sign({
        iss: issuer,
        aud: audience,
        iat: Math.floor(now() / 1000),
        jti: randomUUID(),
        ...(subject && { sub_id: subject }),
        events: { [EVENTS[name]]: {} },
        ...claims,
      }),
  };
}
