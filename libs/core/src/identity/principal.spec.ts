import { type EnvelopeParts } from './execution-identity-envelope.js';
import { shareHolder } from './principal.js';

const AS = 'https://as.test';
type Named = Pick<EnvelopeParts, 'actor' | 'agent'>;
const identity = (actor: Partial<Named['actor']> = {}, client_id = 'desk', ...agents: readonly string[]): Named => ({
  actor: { type: 'user', issuer: AS, sub: 'alice', ...actor },
  agent: {
    type: 'mcp_agent',
    client_id,
    issuer: AS,
    id: agents[0] ?? client_id,
    source: agents.length ? 'act' : 'client',
    chain: agents.map(sub => ({ issuer: AS, sub })),
  },
});

describe('whose share something is', () => {
  it('differs by tenant, issuer, user, client and chain of agents, whatever texts these have', () => {
    const identities = [
      identity(),
      identity({ tenant: 'acme' }),
      identity({ issuer: 'https://other.test' }),
      identity({ sub: 'bob' }),
      identity({}, 'phone'),
      identity({}, 'desk', 'helper'),
      identity({}, 'desk', 'helper', 'planner'),
      identity({}, JSON.stringify(['desk', AS, 'helper'])),
      identity({}, JSON.stringify(['desk'])),
      identity({ issuer: JSON.stringify([AS, 'acme']) }),
    ];
    const holders = identities.map(one => JSON.stringify(shareHolder(one)));
    expect(new Set(holders).size).toBe(identities.length);
  });

  it('is nobody where issuer, user or client is empty', () => {
    for (const nobody of [identity({ issuer: '' }), identity({ sub: '' }), identity({}, '')])
      expect(() => shareHolder(nobody)).toThrow(TypeError);
  });

  it('has the tenant first, the user in it second, and the client with its agents last', () => {
    const [tenant, user] = shareHolder(identity({ tenant: 'acme' }, 'desk', 'helper'));
    expect(shareHolder(identity({ tenant: 'acme' }, 'phone')).slice(0, 2)).toEqual([tenant, user]);
    expect(shareHolder(identity({ tenant: 'acme', sub: 'bob' }, 'desk', 'helper'))[0]).toBe(tenant);
  });
});
