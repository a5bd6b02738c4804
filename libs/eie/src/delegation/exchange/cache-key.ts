import { type ExecutionIdentityEnvelope, type RevocableIdentity } from 'execution-identity';
import { digest, principalKey, revocableIdentity } from 'execution-identity/internal';
import { type Target } from '../targets/target.js';

/** Which calls may share one token. */
export interface CacheKey {
  readonly id: string;
  /** Whose token it is; absent for this server's own. */
  readonly owner?: RevocableIdentity;
}

/** The token of one user, through one client and one chain of agents, from one inbound token. */
export function userKey(
  envelope: ExecutionIdentityEnvelope,
  target: Target,
  scopes: readonly string[],
  subjectToken: string,
): CacheKey {
  return {
    id: idOf({
      ...ofTarget(target, scopes),
      principal: principalKey(envelope),
      subjectToken: subjectToken && digest(subjectToken),
    }),
    owner: revocableIdentity(envelope),
  };
}

/** This server's own token: the same for everybody. */
export function serviceKey(target: Target, scopes: readonly string[]): CacheKey {
  return { id: idOf(ofTarget(target, scopes)) };
}

/** This server's own token, by which it shows an issuer who acts. */
export function actorKey({ issuer, clientId }: Target, resource: string): CacheKey {
  return { id: idOf({ use: 'actor_token', issuer, client: clientId, resource }) };
}

const ofTarget = (target: Target, scopes: readonly string[]) => ({
  mode: target.mode,
  issuer: target.issuer,
  client: target.clientId,
  target: target.name,
  resource: target.resource,
  audience: target.audience,
  scopes: [...scopes].sort().join(' '),
});

/**
 * No part is ever absent or empty: what is missing would make the keys of two callers one.
 *
 * @throws TypeError naming the part
 */
function idOf(parts: Readonly<Record<string, string>>): string {
  for (const [part, value] of Object.entries(parts)) {
    if (typeof value !== 'string' || !value) throw new TypeError(`A token cannot be cached without "${part}".`);
  }
  return digest(JSON.stringify(Object.entries(parts)));
}
