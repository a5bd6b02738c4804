import { type KeyObject, randomUUID, sign } from 'node:crypto';
import { jwtVerify, type JWTPayload } from 'jose';
import { newKeyPair } from './key-pair.js';

const ALGORITHM = 'ES256';

/** The one key that signs everything this server issues. It lives as long as the process. */
export class SigningKey {
  readonly #kid = randomUUID();
  readonly #publicKey: KeyObject;
  readonly #privateKey: KeyObject;

  constructor() {
    ({ publicKey: this.#publicKey, privateKey: this.#privateKey } = newKeyPair());
  }

  privateJwk() {
    return { ...this.#privateKey.export({ format: 'jwk' }), kty: 'EC', kid: this.#kid, alg: ALGORITHM, use: 'sig' };
  }

  /** Signs whatever it is given, also what no library would: `header` may hold `crit`, a foreign `typ`, no `kid`. */
  sign(claims: object, header: object = {}): string {
    const input = [{ alg: ALGORITHM, kid: this.#kid, ...header }, claims]
      .map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const signature = sign('sha256', Buffer.from(input), { key: this.#privateKey, dsaEncoding: 'ieee-p1363' });
    return `${input}.${signature.toString('base64url')}`;
  }

  /** The claims of an access token (RFC 9068) that `issuer` signed with this key; throws if it is anything else. */
  async verifyAccessToken<Claims>(token: string, issuer: string): Promise<JWTPayload & Claims> {
    const { payload } = await jwtVerify<Claims>(token, this.#publicKey, {
      issuer,
      typ: 'at+jwt',
      algorithms: [ALGORITHM],
      requiredClaims: ['sub', 'aud', 'exp', 'iat', 'jti', 'client_id'],
    });
    return payload;
  }
}
