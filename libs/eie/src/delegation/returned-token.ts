import { EieError } from '../eie.error.js';
import { type ActorRef, actorChain, sameChain } from '../token/actor-chain.js';
import { seconds, words } from '../token/claim-values.js';
import { parseCompactJws } from '../token/compact-jws.js';
import { type TokenAnswer } from './token-client.js';

/** What a token must be before it is used. */
export interface ExpectedToken {
  readonly issuer: string;
  readonly audience: string;
  readonly sub: string;
  readonly scopes: readonly string[];
  /** The whole chain, outermost first. */
  readonly act: readonly ActorRef[];
  /** Never this one. */
  readonly inbound?: string;
}

/**
 * Proof before use: authorization servers are known to widen scopes, to answer for another audience and to impersonate
 * where delegation was asked for. Reads the token, which comes straight from the token endpoint; does NOT verify its
 * signature, which is the receiver's part. An opaque token shows nothing and is refused.
 *
 * @param now seconds since the epoch
 * @throws EieError `delegated_token_refused`
 */
export function provenToken({ token, scope }: TokenAnswer, expected: ExpectedToken, now: number): string {
  try {
    const { claims } = parseCompactJws(token);
    const granted = [...(scope?.split(' ') ?? []), ...words(claims, 'scope')];
    const audience: unknown[] = [claims.aud].flat();
    const sound = token !== expected.inbound
      && claims.iss === expected.issuer
      && claims.sub === expected.sub
      && audience.length === 1 && audience[0] === expected.audience
      && granted.every(one => expected.scopes.includes(one))
      && (seconds(claims, 'exp') ?? 0) > now
      && sameChain(actorChain(claims.act, expected.issuer), expected.act);
    if (sound) return token;
  } catch {
    // Refused below: a token that cannot be read proves nothing.
  }
  throw new EieError('delegated_token_refused');
}
