import { type EnvelopeParts, type RequestedApproval } from 'execution-identity';
import { mayDecide } from './may-decide.js';

const ISSUER = 'https://as.test';
type Who = Pick<EnvelopeParts, 'actor' | 'agent'>;
type Chain = Who['agent']['chain'];

const agentOf = (client_id: string, chain: Chain = []): Who['agent'] => ({
  type: 'mcp_agent',
  issuer: chain[0]?.issuer ?? ISSUER,
  id: chain[0]?.sub ?? client_id,
  client_id,
  source: chain.length ? 'act' : 'client',
  chain,
});
const registered = (client_id: string, id: string): Who['agent'] => ({ ...agentOf(client_id), id, source: 'registry' });
const who = (actor: Partial<Who['actor']> = {}, agent = agentOf('approvals-app')): Who => ({
  actor: { type: 'user', issuer: ISSUER, sub: 'carol', tenant: 'acme', ...actor },
  agent,
});

const requester: RequestedApproval['requester'] = {
  issuer: ISSUER,
  sub: 'alice',
  tenant: 'acme',
  client_id: 'desk',
  agents: [
    { issuer: ISSUER, sub: 'router' },
    { issuer: ISSUER, sub: 'planner' },
  ],
};

describe('who may decide about a call', () => {
  it('is another user of the same issuer and tenant, or the user alone, as the tool says', () => {
    const alice = who({ sub: 'alice' });
    expect(mayDecide(who(), { by: 'another', requester })).toBe(true);
    expect(mayDecide(alice, { by: 'another', requester })).toBe(false);
    expect(mayDecide(alice, { by: 'self', requester })).toBe(true);
    expect(mayDecide(who(), { by: 'self', requester })).toBe(false);
  });

  it.each<[who: string, approver: Who]>([
    ['a user of another tenant', who({ tenant: 'globex' })],
    ['a user of no tenant', { ...who(), actor: { type: 'user', issuer: ISSUER, sub: 'carol' } }],
    ['a user of another issuer', who({ issuer: `${ISSUER}/` })],
    ['a service', who({ type: 'service' })],
    ['a user through the client of the call', who({}, agentOf('desk'))],
    ['a user through its client as another agent', who({}, agentOf('desk', [{ issuer: ISSUER, sub: 'other' }]))],
    ['a user through the agent of the call', who({}, agentOf('phone', [{ issuer: ISSUER, sub: 'router' }]))],
    [
      'a user through an agent that stands behind another one',
      who(
        {},
        agentOf('phone', [
          { issuer: ISSUER, sub: 'other' },
          { issuer: ISSUER, sub: 'planner' },
        ]),
      ),
    ],
    ['a user through a client that is the agent', who({}, agentOf('router'))],
    ['a user through a client that is the agent, registered by another name', who({}, registered('router', 'phone'))],
    ['a user through an agent that is the client', who({}, agentOf('phone', [{ issuer: ISSUER, sub: 'desk' }]))],
  ])('is not %s', (_who, approver) => {
    expect(mayDecide(approver, { by: 'another', requester })).toBe(false);
  });

  it('is nobody where the client of the call asks: its answer comes with the call', () => {
    for (const sub of ['alice', 'carol']) expect(mayDecide(who({ sub }), { by: 'client', requester })).toBe(false);
  });
});
