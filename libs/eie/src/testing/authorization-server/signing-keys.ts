import { randomUUID } from 'node:crypto';
import {
  exportJWK,
  generateKeyPair,
  type GenerateKeyPairResult,
  type JWK,
  jwtVerify,
  type JWTPayload,
  SignJWT,
} from 'jose';

export const ALGORITHM = 'ES256';
/** RFC 9068 §2.1. */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

interface SigningKey extends Pick<GenerateKeyPairResult, 'privateKey' | 'publicKey'> {
  readonly kid: string;
  readonly jwk: JWK;
}

/** The keys that sign the tokens of one server. They live as long as the process. */
export class SigningKeys {
  #current: SigningKey;

  private constructor(first: SigningKey) {
    this.#current = first;
  }

  static async generate(): Promise<SigningKeys> {
    return new SigningKeys(await newKey());
  }

  /** RFC 7517. */
  get jwks(): { keys: JWK[] } {
    return { keys: [{ ...this.#current.jwk }] };
  }

  /** A new key in place of the one there is. What the old one has signed is not valid any more. */
  async rotate(): Promise<void> {
    this.#current = await newKey();
  }

  sign(claims: JWTPayload, typ: string): Promise<string> {
    const { kid, privateKey } = this.#current;
    return new SignJWT(claims).setProtectedHeader({ alg: ALGORITHM, kid, typ }).sign(privateKey);
  }

  /** The claims of an access token that `issuer` has signed with the key of this moment; rejects for anything else. */
  async verify(token: string, issuer: string): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, this.#current.publicKey, {
      issuer,
      typ: ACCESS_TOKEN_TYPE,
      algorithms: [ALGORITHM],
      requiredClaims: ['sub', 'aud', 'exp', 'iat', 'client_id'],
    });
    return payload;
  }
}

async function newKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(ALGORITHM);
  const kid = randomUUID();
  return { privateKey, publicKey, kid, jwk: { ...(await exportJWK(publicKey)), kid, alg: ALGORITHM, use: 'sig' } };
}
