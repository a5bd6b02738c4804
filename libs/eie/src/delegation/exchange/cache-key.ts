import { type ExecutionIdentityEnvelope, type RevocableIdentity } from 'execution-identity';
import { digest, principalKey, revocableIdentity } from 'execution-identity/internal';
import { type Target } from '../targets/target.js';

/** Calls with the same key share one token. */
export interface CacheKey {
  readonly id: string;
  /** Whose token it is. Absent for a token of this server itself. */
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

/** The token of this server itself, which all callers share. */
export function serviceKey(target: Target, scopes: readonly string[]): CacheKey {
  return { id: idOf(ofTarget(target, scopes)) };
}

/** The token of this server itself that is sent as `actor_token`. */
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
 * No part may be absent or empty: a missing part would give two callers the same key.
 *
 * @throws TypeError naming the part
 */
function idOf(parts: Readonly<Record<string, string>>): string {
  for (const [part, value] of Object.entries(parts)) {
    if (typeof value !== 'string' || !value) throw new TypeError(`A token cannot be cached without "${part}".`);
  }
  return digest(JSON.stringify(Object.entries(parts)));
}
