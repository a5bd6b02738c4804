import { type AuditEvent } from 'execution-identity';
import { LiveCalls } from './live-calls.js';

let count = 0;
const record = (type: AuditEvent['type'], outcome: AuditEvent['outcome'], more: Partial<AuditEvent> = {}): AuditEvent =>
  ({
    ...{ id: `id-${++count}`, time: '2026-11-28T12:00:00.000Z', type, outcome, reason: null, detail_code: null },
    ...{ actor_sub: 'alice', actor_type: 'user', agent_id: 'desk', tenant: null, handler: 'refund', trace_id: 'f00d' },
    ...{
      envelope_id: null,
      approval_id: null,
      intent_id: null,
      target: null,
      delegation_mode: null,
      duration_ms: null,
    },
    ...more,
  }) as AuditEvent;

const NO_REASON = { reason: null, cause: null, fix: null };

describe('the calls that the page shows', () => {
  it('are joined of their records: the execution, and each API that it has called', () => {
    const calls = new LiveCalls();
    const envelope_id = 'envelope';
    const of = { envelope_id, target: 'orders_api', delegation_mode: 'on_behalf_of' } as const;
    expect(calls.add(record('execution.intent', 'started', { envelope_id }))).toMatchObject({
      result: { outcome: 'running', ...NO_REASON },
      apis: [],
    });
    const [first, second] = [record('delegation.intent', 'started', of), record('delegation.intent', 'started', of)];
    for (const one of [first, second]) calls.add(one);
    calls.add(record('delegation.outcome', 'ok', { ...of, intent_id: second.id }));
    calls.add(
      record('delegation.refused', 'refused', { ...of, reason: 'delegation_denied', detail_code: 'AADSTS65001' }),
    );
    calls.add(record('execution.outcome', 'failed', { envelope_id, reason: 'http_404', duration_ms: 12.5 }));
    const [call, ...others] = calls.newest;
    expect(others).toEqual([]);
    expect(call).toMatchObject({ id: envelope_id, user: 'alice', agent: 'desk', handler: 'refund', durationMs: 12.5 });
    expect(call!.result).toMatchObject({ outcome: 'failed', cause: expect.stringContaining('404') });
    expect(call!.apis.map(({ target, mode, result }) => [target, mode, result.outcome])).toEqual([
      ['orders_api', 'on_behalf_of', 'running'],
      ['orders_api', 'on_behalf_of', 'succeeded'],
      ['orders_api', 'on_behalf_of', 'refused'],
    ]);
    expect(call!.apis[2]!.result.cause).toMatch(/AADSTS65001\.$/);
  });

  it('are those of the application and of its API apart, where both write one folder under one envelope', () => {
    const calls = new LiveCalls();
    const of = { envelope_id: 'envelope' };
    const target = { ...of, target: 'orders_api', delegation_mode: 'on_behalf_of' } as const;
    const tool = record('execution.intent', 'started', of);
    const sent = record('delegation.intent', 'started', target);
    for (const one of [tool, sent]) calls.add(one);
    for (const outcome of ['ok', 'failed'] as const) {
      const api = record('execution.intent', 'started', { ...of, handler: 'Orders.get' });
      for (const one of [
        api,
        record('execution.outcome', outcome, { ...of, handler: 'Orders.get', intent_id: api.id }),
      ])
        calls.add(one);
    }
    calls.add(record('delegation.outcome', 'ok', { ...target, intent_id: sent.id }));
    calls.add(record('execution.outcome', 'ok', { ...of, intent_id: tool.id }));
    expect(calls.newest.map(({ handler, result, apis }) => [handler, result.outcome, apis.length])).toEqual([
      ['Orders.get', 'failed', 0],
      ['Orders.get', 'succeeded', 0],
      ['refund', 'succeeded', 1],
    ]);
  });

  it('say of every reason of the audit log what happened and what to do', () => {
    const reasons = ['insufficient_scope', 'aborted', 'error', 'process_ended', 'http_500', 'jsonrpc_-32020'] as const;
    for (const reason of reasons) {
      const { result } = new LiveCalls().add(record('authorization.refused', 'refused', { reason }))!;
      expect([result.cause, result.fix]).toEqual([
        expect.stringMatching(/^[A-Z].+\.$/),
        expect.stringMatching(/^[A-Z].+\.$/),
      ]);
    }
  });

  it('wait for an approval until it is decided', () => {
    const calls = new LiveCalls();
    calls.add(record('approval.requested', 'ok', { approval_id: 'a' }));
    expect(calls.newest[0]!.result).toMatchObject({ outcome: 'running', reason: 'approval_required' });
    calls.add(record('approval.decided', 'refused', { approval_id: 'a', reason: 'approval_denied' }));
    expect(calls.newest.map(({ result }) => result.outcome)).toEqual(['refused']);
  });

  it('are the newest 200, and neither the start of a process nor a message of the protocol', () => {
    const calls = new LiveCalls();
    expect(calls.add(record('service.started', 'ok'))).toBeUndefined();
    expect(calls.add(record('mcp.request', 'started'))).toBeUndefined();
    for (let i = 0; i < 250; i++) calls.add(record('execution.intent', 'started', { envelope_id: `e${i}` }));
    expect(calls.newest).toHaveLength(200);
    expect(calls.newest[0]!.id).toBe('e249');
    expect(calls.add(record('delegation.intent', 'started', { envelope_id: 'e0' }))).toBeUndefined();
  });
});
