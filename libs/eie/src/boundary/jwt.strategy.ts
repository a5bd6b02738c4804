import { type KeyObject } from 'node:crypto';
import { type ExecutionContext } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
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
import { runGuard } from './passport-run.js';

/** Verifies the tokens of one issuer. */
export interface IssuerAuthenticator {
  /** @throws EieError saying which check failed */
  authenticate(context: ExecutionContext, jws: ParsedJws): Promise<VerifiedToken>;
  close(): void;
}

/** The token of a request while its strategy runs. Passport only knows the request. */
interface Attempt {
  readonly jws: ParsedJws;
  key?: KeyObject;
}
const attempts = new WeakMap<object, Attempt>();
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
        jwtFromRequest: request => attempts.get(request as object)?.jws.compact ?? null,
        secretOrKeyProvider: (request: object, _token: unknown, done: KeyCallback) => {
          findKey(attempts.get(request)!).then(key => done(null, key), done);
        },
        algorithms: [...policy.algorithms],
        passReqToCallback: true,
        ignoreExpiration: true,
        jsonWebTokenOptions: { ignoreNotBefore: true },
      } as StrategyOptionsWithRequest);
    }

    override authenticate(request: Parameters<Strategy['authenticate']>[0]): void {
      const { jws } = attempts.get(request)!;
      if (jws.header.alg !== 'EdDSA' && jws.header.alg !== 'Ed25519') return super.authenticate(request);
      verifyParsedToken(jws, policy, now()).then(
        verified => this.success(verified),
        (error: Error) => this.error(error),
      );
    }

    validate(request: object): VerifiedToken {
      const { jws, key } = attempts.get(request)!;
      return { token: readClaims(jws.claims, policy, now()), key };
    }
  }

  class IssuerGuard extends AuthGuard(name) {
    override handleRequest<User>(error: unknown, user: User | false | null, info: unknown): User {
      if (user) return user;
      const cause = error ?? info;
      throw cause instanceof EieError
        ? cause
        : new EieError('signature_invalid', { finding: { issuer: policy.issuer } });
    }
  }

  async function findKey(attempt: Attempt): Promise<KeyObject> {
    attempt.key = await tokenKey(attempt.jws, policy);
    return attempt.key;
  }

  new IssuerStrategy();
  const guard = new IssuerGuard();

  return {
    authenticate: (context, jws) => runGuard(guard, context, attempts, { jws }),
    close: () => void passport.unuse(name),
  };
}
