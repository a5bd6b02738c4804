import { PassportStrategy } from '@nestjs/passport';
import { LRUCache } from 'lru-cache';
import * as oauth from 'oauth4webapi';
import passport from 'passport';
import { EieError, type IssuerPolicy, type ShareHolder, Shares } from 'execution-identity';
import { introspectionFailure } from '../issuers/introspection-failure.js';
import { connectTo, type IssuerClient, type IssuerConnection } from '../issuers/issuer-client.js';
import { digest, findingOf, isFresh, readIntrospection, type VerifiedToken } from 'execution-identity/internal';
import { runStrategy } from './strategy-run.js';

/** Verifies the opaque tokens of the one issuer that has them. */
export interface OpaqueAuthenticator {
  readonly policy: IssuerPolicy;
  /**
   * @param from who asks: nobody may use up what the issuer can be asked at one time. Left out for a token that was valid before
   * @throws EieError saying which check failed; `issuer_unavailable` when the issuer does not answer; `limit_reached`
   */
  authenticate(token: string, from?: ShareHolder): Promise<VerifiedToken>;
  close(): void;
}

/** Tokens that the issuer is asked about at one time for the first time. */
const PENDING = 256;
const MAX_INACTIVE = 1_000;
/** Seconds for which a token that is not active is not asked about again. */
const INACTIVE_LIFETIME = 10;

let strategies = 0;

/** What the strategy gets in place of a request. */
interface Attempt {
  readonly token: string;
}

/**
 * Token introspection (RFC 7662) as a Passport strategy. Only opaque tokens come here, never a JWT that failed.
 *
 * @param now seconds since the epoch
 */
export function opaqueAuthenticator(
  policy: IssuerPolicy,
  issuers: IssuerClient,
  now: () => number,
): OpaqueAuthenticator {
  const name = `eie-opaque:${++strategies}:${policy.issuer}`;
  /** Tokens that are not active, and since when that is known. */
  const inactive = new LRUCache<string, number>({ max: MAX_INACTIVE });
  /** The questions that have no answer yet, by the digest of their token. */
  const asking = new Map<string, Promise<VerifiedToken>>();
  const shares = new Shares(PENDING);

  class IntrospectionStrategy extends PassportStrategy(passport.Strategy, name) {
    override authenticate(attempt: object): void {
      verify((attempt as Attempt).token).then(
        verified => this.success(verified),
        (error: Error) => this.error(error),
      );
    }

    /** Passport's mixin requires it. It is not called: `authenticate` decides. */
    validate(): never {
      throw new EieError('token_inactive');
    }
  }

  /** Calls that come together with one token share one question. */
  function verify(token: string): Promise<VerifiedToken> {
    const key = digest(token);
    const running = asking.get(key) ?? verifyNew(token, key).finally(() => asking.delete(key));
    asking.set(key, running);
    return running;
  }

  async function verifyNew(token: string, key: string): Promise<VerifiedToken> {
    if (isFresh(inactive.get(key) ?? -Infinity, INACTIVE_LIFETIME, now())) throw new EieError('token_inactive');
    try {
      return { token: readIntrospection(await ask(token), policy, now()) };
    } catch (error) {
      if (error instanceof EieError && error.code === 'token_inactive') inactive.set(key, now());
      throw error;
    }
  }

  /** What keeps this server from asking is no fault of the token. */
  async function connection(): Promise<IssuerConnection> {
    return connectTo(issuers, policy.issuer, { endpoint: 'introspection_endpoint' }).catch((error: unknown) => {
      throw error instanceof EieError ? new EieError('issuer_unavailable', { finding: findingOf(error) }) : error;
    });
  }

  async function ask(token: string): Promise<Readonly<Record<string, unknown>>> {
    const { server, client, auth, isEncoded } = await connection();
    try {
      const response = await oauth.introspectionRequest(server, client, auth, token, issuers.requestOptions());
      return await oauth.processIntrospectionResponse(server, client, response);
    } catch (error) {
      throw introspectionFailure(error, { issuer: policy.issuer, url: server.introspection_endpoint!, isEncoded });
    }
  }

  const strategy = new IntrospectionStrategy();

  return {
    policy,
    async authenticate(token, from) {
      const release = from ? shares.lease(from) : () => undefined;
      if (!release) throw new EieError('limit_reached');
      try {
        return await runStrategy(strategy, { token } satisfies Attempt, () => new EieError('issuer_unavailable'));
      } finally {
        release();
      }
    },
    close: () => void passport.unuse(name),
  };
}
