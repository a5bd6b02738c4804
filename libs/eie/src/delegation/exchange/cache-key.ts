import { createHash } from 'node:crypto';
import { type ExecutionIdentityEnvelope, type RevocableIdentity } from 'execution-identity';
import { type Target } from '../targets/target.js';

/** Which calls may share one token. */
export interface CacheKey {
  readonly id: string;
  /** Whose token it is; absent for this server's own. */
  readonly owner?: Omit<RevocableIdentity, 'issuedAt'>;
}

/** The token of one user, through one client and one chain of agents, from one inbound token. */
export function userKey(
  envelope: ExecutionIdentityEnvelope,
  target: Target,
  scopes: readonly string[],
  subjectToken: string,
): CacheKey {
  const { actor, agent, session } = envelope;
  const owner = {
    issuer: actor.issuer,
    sub: actor.sub,
    client_id: agent.client_id,
    tenant: actor.tenant,
    sid: session.id,
  };
  return {
    id: idOf(
      {
        ...ofTarget(target, scopes),
        user: actor.sub,
        agentClient: agent.client_id,
        subjectToken: subjectToken && sha256(subjectToken),
      },
      { tenant: actor.tenant, chain: agent.chain },
    ),
    owner,
  };
}

/** This server's own token: the same for everybody. */
export function serviceKey(target: Target, scopes: readonly string[]): CacheKey {
  return { id: idOf(ofTarget(target, scopes), {}) };
}

/** This server's own token, by which it shows an issuer who acts. */
export function actorKey({ issuer, clientId }: Target, resource: string): CacheKey {
  return { id: idOf({ use: 'actor_token', issuer, client: clientId, resource }, {}) };
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
 * Parts that are required are never absent or empty: what is missing would make the keys of two callers one. The absence of
 * an optional part is a value of its own.
 *
 * @throws TypeError naming the part
 */
function idOf(required: Readonly<Record<string, string>>, optional: Readonly<Record<string, unknown>>): string {
  for (const [part, value] of Object.entries(required)) {
    if (typeof value !== 'string' || !value) throw new TypeError(`A token cannot be cached without "${part}".`);
  }
  return sha256(
    JSON.stringify([Object.entries(required), Object.entries(optional).map(([part, value]) => [part, value ?? null])]),
  );
}

const sha256 = (value: string): string => createHash('sha256').update(value).digest('base64url');
