import { EieError } from '../errors.js';
import { text } from './claim-values.js';

/** One party of an actor chain: RFC 8693 §4.1. */
export interface AgentRef {
  readonly issuer: string;
  readonly sub: string;
}

const MAX_ACTORS = 4;

/**
 * An `act` claim as a list, outermost first. An actor without `iss` belongs to the issuer of the token that names it; one that is `null`
 * is absent.
 *
 * @throws EieError `actor_chain_refused` on a wrong shape, and beyond 4 actors: a chain is never cut short
 */
export function actorChain(act: unknown, issuer: string): AgentRef[] {
  const chain: AgentRef[] = [];
  for (let next = act ?? undefined; next !== undefined; next = (next as { act?: unknown }).act ?? undefined) {
    if (chain.length === MAX_ACTORS || typeof next !== 'object') throw refused();
    chain.push(actor(next as Record<string, unknown>, issuer));
  }
  return chain;
}

function actor(claims: Readonly<Record<string, unknown>>, issuer: string): AgentRef {
  try {
    const [sub, iss] = [text(claims, 'sub'), text(claims, 'iss') ?? issuer];
    if (sub !== undefined) return Object.freeze({ issuer: iss, sub });
  } catch {
    // Refused below, by the reason of the chain.
  }
  throw refused();
}

const refused = (): EieError => new EieError('actor_chain_refused', { finding: { claim: 'act' } });

export function sameChain(one: readonly AgentRef[], other: readonly AgentRef[]): boolean {
  return (
    one.length === other.length &&
    one.every((actor, i) => actor.issuer === other[i]!.issuer && actor.sub === other[i]!.sub)
  );
}
