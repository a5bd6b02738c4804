import { machineToken, userToken } from '../shop/access-token.js';
import { AGENT_IN_REGISTRY, AGENT_IN_TOKEN } from '../shop/registrations.js';
import { origin, type PartName, resource, SCOPES } from '../shop/settings.js';
import { Agent } from './agent.js';
import { type ObservedShop } from './observed-shop.js';

export type Person = 'alice' | 'bob' | 'night-batch';

/** Who takes part in the demo: each with an access token of their own, and the agent that uses it. */
export interface People {
  tokens: Record<Person, string>;
  agents: Record<Person, Agent>;
  close(): Promise<void>;
}

/** Alice may do everything here; bob did not allow his agent to write; the machine client has no user. */
export async function logInAll(shop: ObservedShop): Promise<People> {
  const url = resource(shop.settings, 'mcp-server');
  const ask = (scopes: string[], part: PartName = 'mcp-server') => ({
    issuer: origin(shop.settings, 'authorization-server'),
    resource: resource(shop.settings, part),
    scope: scopes.join(' '),
  });
  const reading = SCOPES.filter(scope => scope !== 'orders:write');
  const [alice, bob, machine] = await Promise.all([
    userToken('alice', AGENT_IN_TOKEN, ask(SCOPES)),
    userToken('bob', AGENT_IN_REGISTRY, ask(reading)),
    machineToken(ask(['orders:read', 'billing:read'])),
  ]);
  const tokens: Record<Person, string> = { alice, bob, 'night-batch': machine };
  const agents: Record<Person, Agent> = {
    alice: new Agent(url, alice, '2026-07-28'),
    bob: new Agent(url, bob, '2025-11-25'),
    'night-batch': new Agent(url, machine, '2026-07-28'),
  };
  const all = Object.values(agents);
  for (const answer of await Promise.all(all.map(agent => agent.connect()))) {
    if (answer.http >= 400 || answer.text)
      throw new Error(`An agent cannot connect: HTTP ${answer.http} ${answer.text}`);
  }
  return { tokens, agents, close: async () => void (await Promise.all(all.map(agent => agent.close()))) };
}
