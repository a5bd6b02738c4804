import { type AuditEvent } from 'nestjs-eie';
import { type MadeCall, type AuditLogs } from './calls.js';
import { hopDifferences, twoHops } from './hops.js';
import { type People } from './people.js';
import { PLANNED_CALLS } from './planned-calls.js';
import { RecordedLog } from './audit-log.js';

const trace_id = '0af7651916cd43dd8448eb211c80319c';
const planned = PLANNED_CALLS.find(({ by, hops }) => by === 'alice' && hops)!;
const call: MadeCall = {
  planned,
  answer: { http: 200, traceId: trace_id, text: JSON.stringify({ seen: { chain: ['shop-mcp', 'agent-assistant'] } }) },
};
const token = ['', Buffer.from(JSON.stringify({ act: { sub: 'agent-assistant' } })).toString('base64url'), ''].join(
  '.',
);
const people = { tokens: { alice: token } } as People;

const atShop = {
  type: 'execution.outcome',
  outcome: 'ok',
  trace_id,
  actor_sub: 'alice',
  tenant: 'acme',
  handler: 'track_delivery',
  agent_id: 'agent-assistant',
};
const atDelivery = { ...atShop, handler: 'get_delivery_estimate', agent_id: 'shop-mcp' };

function auditLogs(shop: object, delivery: object): AuditLogs {
  const logs = { 'mcp-server': logOf(shop), 'delivery-server': logOf(delivery) };
  return logs as Partial<AuditLogs> as AuditLogs;
}

const logOf = (event: object): RecordedLog => new RecordedLog('', [event as AuditEvent]);

const problems = async (delivery: object, made = call): Promise<string[]> =>
  hopDifferences([made], twoHops([made], auditLogs(atShop, delivery), people));

describe('two hops are as expected', () => {
  it('when both audit logs have the call under one trace, for one user', async () => {
    expect(await problems(atDelivery)).toEqual([]);
  });

  it.each([
    ['the second audit log has it under another trace', { ...atDelivery, trace_id: 'f'.repeat(32) }],
    ['the second audit log has it for another user', { ...atDelivery, actor_sub: 'bob' }],
    ['the second audit log has it for another tenant', { ...atDelivery, tenant: 'globex' }],
    ['the second tool did not finish', { ...atDelivery, outcome: 'failed' }],
  ])('but not when %s', async (_what, delivery) => {
    expect(await problems(delivery)).toContainEqual(expect.stringContaining('joined is false'));
  });

  it.each([
    ['saw another chain', JSON.stringify({ seen: { chain: ['shop-mcp'] } })],
    ['told no chain', 'an error'],
  ])('but not when the second server %s', async (_what, text) => {
    expect(await problems(atDelivery, { planned, answer: { ...call.answer, text } })).toContainEqual(
      expect.stringContaining('hop 2 of alice: chain'),
    );
  });
});
