import { type KeyObject } from 'node:crypto';
import { type ExecutionContext } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import passport from 'passport';
import { Strategy, type StrategyOptionsWithRequest } from 'passport-jwt';
import { EieError } from '../eie.error.js';
import { type AccessToken, checkHeader, readClaims } from '../token/claims-policy.js';
import { type ParsedJws } from '../token/compact-jws.js';
import { type IssuerPolicy } from '../token/issuer-policy.js';
import { type HttpRequest } from './credential.js';

/** Verifies the tokens of one issuer. */
export interface IssuerAuthenticator {
  /** @throws EieError saying which check failed */
  authenticate(context: ExecutionContext, jws: ParsedJws): Promise<AccessToken>;
  close(): void;
}

/** The parsed token of a request while its strategy runs. Passport only knows the request. */
const parsed = new WeakMap<object, ParsedJws>();
let strategies = 0;

/** passport-jwt hands the key on to jsonwebtoken, which takes a KeyObject; the published types do not say so. */
type KeyCallback = (error: unknown, key?: KeyObject) => void;

/**
 * One passport-jwt strategy for one issuer. The engine checks the signature and the algorithm; what the claims must say
 * is the claims policy, with our clock. The name is unique, since passport is one registry for the whole process.
 *
 * @param now seconds since the epoch
 */
export function issuerAuthenticator(policy: IssuerPolicy, now: () => number): IssuerAuthenticator {
  const name = `eie:${++strategies}:${policy.issuer}`;

  class IssuerStrategy extends PassportStrategy(Strategy, name) {
    constructor() {
      super({
        jwtFromRequest: request => parsed.get(request as object)?.compact ?? null,
        secretOrKeyProvider: (request: object, _token: unknown, done: KeyCallback) => {
          key(parsed.get(request)!).then(found => done(null, found), done);
        },
        algorithms: [...policy.algorithms],
        passReqToCallback: true,
        ignoreExpiration: true,
        jsonWebTokenOptions: { ignoreNotBefore: true },
      } as StrategyOptionsWithRequest);
    }

    validate(request: object): AccessToken {
      return readClaims(parsed.get(request)!.claims, policy, now());
    }
  }

  class IssuerGuard extends AuthGuard(name) {
    override handleRequest<User>(error: unknown, user: User | false | null, info: unknown): User {
      if (user) return user;
      const cause = error ?? info;
      throw cause instanceof EieError ? cause : new EieError('signature_invalid');
    }
  }

  async function key(jws: ParsedJws): Promise<KeyObject> {
    checkHeader(jws, policy);
    return policy.keys.find(jws.header);
  }

  new IssuerStrategy();
  const guard = new IssuerGuard();

  return {
    async authenticate(context, jws) {
      const request = context.switchToHttp().getRequest<HttpRequest>();
      parsed.set(request, jws);
      try {
        await guard.canActivate(context);
        return request.user as AccessToken;
      } finally {
        parsed.delete(request);
        delete request.user;
        delete request.authInfo;
      }
    },
    close: () => void passport.unuse(name),
  };
}
