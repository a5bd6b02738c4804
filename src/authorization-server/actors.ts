import type { JWTPayload } from 'jose';
import { errors } from './oidc-provider.js';
import type { SigningKey } from './signing-key.js';

/** RFC 8693, section 4.1. `iss` and `sub_profile` follow draft-mcguinness-oauth-actor-profile. */
export interface Actor {
  iss: string;
  sub: string;
  sub_profile?: string;
  act?: Actor;
}

const MAX_ACTORS = 4;

/** The actors of a new token: those of the token it is made from, with the one that is added, if any, before them. */
export function actorChain(inbound: Actor | undefined, added?: Actor): Actor | undefined {
  const act = added ? { ...added, ...(inbound !== undefined && { act: inbound }) } : inbound;
  const length = actors(act);
  if (length === undefined) throw new errors.InvalidRequest('subject_token has a malformed chain of actors');
  if (length > MAX_ACTORS) throw new errors.InvalidRequest('the chain of actors is too long');
  return act;
}

/** The number of actors in a chain, or undefined if it is not a chain of actors. */
function actors(act: unknown): number | undefined {
  if (act === undefined) return 0;
  if (typeof act !== 'object' || act === null || !('sub' in act) || typeof act.sub !== 'string') return undefined;
  const inner = actors('act' in act ? act.act : undefined);
  return inner === undefined ? undefined : inner + 1;
}

/**
 * An `actor_token` (RFC 8693, section 2.1) has to be the client's own: an access token of this server that it got for
 * itself. It then proves no more than the authentication of the client does, which is why it may be left out.
 */
export async function checkActorToken(token: string, clientId: string, issuer: string, key: SigningKey): Promise<void> {
  const claims = await key.verifyAccessToken<JWTPayload>(token, issuer).catch(() => undefined);
  const own = claims?.sub === clientId && claims.client_id === clientId && claims.sub_profile === 'service';
  if (!own || claims.act !== undefined) {
    throw new errors.InvalidRequest("actor_token is not the client's own access token of this server");
  }
}
