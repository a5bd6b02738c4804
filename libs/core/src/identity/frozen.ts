import { type AgentRef } from '../token/actor-chain.js';

export const chainOf = (chain: readonly AgentRef[]): readonly AgentRef[] =>
  Object.freeze(chain.map(({ issuer, sub }) => Object.freeze({ issuer, sub })));

export const freezeList = <T>(list: readonly T[]): readonly T[] => Object.freeze([...list]);

type Rights = Readonly<Record<string, readonly string[]>>;

/** Without a prototype: see `Delegation.onward`. */
export function freezeRights(onward: Rights): Rights {
  const rights = Object.create(null) as Record<string, readonly string[]>;
  for (const [service, scopes] of Object.entries(onward)) rights[service] = freezeList(scopes);
  return Object.freeze(rights);
}
