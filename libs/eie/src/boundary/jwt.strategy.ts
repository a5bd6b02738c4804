import { type KeyObject } from 'node:crypto';
import { PassportStrategy } from '@nestjs/passport';
import passport from 'passport';
import { Strategy, type StrategyOptionsWithRequest } from 'passport-jwt';
import { EieError, type IssuerPolicy } from 'execution-identity';
import {
  type ParsedJws,
  readClaims,
  tokenKey,
  type VerifiedToken,
  verifyParsedToken,
} from 'execution-identity/internal';
import { runStrategy } from './strategy-run.js';

/** Verifies the tokens of one issuer. */
export interface IssuerAuthenticator {
  /** @throws EieError saying which check failed */
  authenticate(jws: ParsedJws): Promise<VerifiedToken>;
  close(): void;
}

/** What the strategy gets in place of a request. */
interface Attempt {
  readonly jws: ParsedJws;
  key?: KeyObject;
}
let strategies = 0;

/** passport-jwt hands the key on to jsonwebtoken, which takes a KeyObject; the published types do not say so. */
type KeyCallback = (error: unknown, key?: KeyObject) => void;

/**
 * One passport-jwt strategy for one issuer. passport-jwt checks the signature and the algorithm; the claims policy checks the claims,
 * with the clock of this library. jsonwebtoken has no Edwards curves, so jose verifies those signatures, in the same strategy. The name
 * is unique, because Passport has one registry for the whole process.
 *
 * @param now seconds since the epoch
 */
export function issuerAuthenticator(policy: IssuerPolicy, now: () => number): IssuerAuthenticator {
  const name = `eie:${++strategies}:${policy.issuer}`;

  class IssuerStrategy extends PassportStrategy(Strategy, name) {
    constructor() {
      super({
        jwtFromRequest: attempt => (attempt as unknown as Attempt).jws.compact,
        secretOrKeyProvider: (attempt: Attempt, _token: unknown, done: KeyCallback) => {
          findKey(attempt).then(key => done(null, key), done);
        },
        algorithms: [...policy.algorithms],
        passReqToCallback: true,
        ignoreExpiration: true,
        jsonWebTokenOptions: { ignoreNotBefore: true },
      } as StrategyOptionsWithRequest);
    }

    override authenticate(attempt: Parameters<Strategy['authenticate']>[0]): void {
      const { jws } = attempt as unknown as Attempt;
      if (jws.header.alg !== 'EdDSA' && jws.header.alg !== 'Ed25519') return super.authenticate(attempt);
      verifyParsedToken(jws, policy, now()).then(
        verified => this.success(verified),
        (error: Error) => this.error(error),
      );
    }

    validate({ jws, key }: Attempt): VerifiedToken {
      return { token: readClaims(jws.claims, policy, now()), key };
    }
  }

  async function findKey(attempt: Attempt): Promise<KeyObject> {
    attempt.key = await tokenKey(attempt.jws, policy);
    return attempt.key;
  }

  const strategy = new IssuerStrategy();
  const invalid = (): EieError => new EieError('signature_invalid', { finding: { issuer: policy.issuer } });

  return {
    authenticate: jws => runStrategy(strategy, { jws } satisfies Attempt, invalid),
    close: () => void passport.unuse(name),
  };
}
