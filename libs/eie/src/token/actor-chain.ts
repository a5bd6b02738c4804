import { EieError } from '../eie.error.js';

/** One party of an actor chain: RFC 8693 §4.1. */
export interface ActorRef {
  readonly issuer: string;
  readonly sub: string;
}

const MAX_ACTORS = 4;

/**
 * An `act` claim as a list, outermost first. An actor without `iss` belongs to the issuer of the token that names it.
 *
 * @throws EieError `actor_chain_refused` on a wrong shape, and beyond 4 actors: a chain is never cut short
 */
export function actorChain(act: unknown, issuer: string): ActorRef[] {
  const chain: ActorRef[] = [];
  for (let next = act; next !== undefined; next = (next as { act?: unknown }).act) {
    if (chain.length === MAX_ACTORS || typeof next !== 'object' || next === null) throw new EieError('actor_chain_refused');
    const { sub, iss = issuer } = next as { sub?: unknown; iss?: unknown };
    if (typeof sub !== 'string' || !sub || typeof iss !== 'string' || !iss) throw new EieError('actor_chain_refused');
    chain.push(Object.freeze({ issuer: iss, sub }));
  }
  return chain;
}

export function sameChain(one: readonly ActorRef[], other: readonly ActorRef[]): boolean {
  return one.length === other.length && one.every((actor, i) => actor.issuer === other[i]!.issuer && actor.sub === other[i]!.sub);
}
