import { admittedIdentity } from '../identity/admitted-identity.js';
import { issue } from '../identity/issue.js';
import { type Diagnostic } from '../ports/diagnostics.js';
import { type AuditEvent } from './audit-event.js';
import { AuditLog } from './audit-log.js';
import { AuditRecorder } from './audit-recorder.js';

const AS = 'https://as.test';
const admitted = admittedIdentity({
  actor: { type: 'user', issuer: AS, sub: 'alice', tenant: 'acme' },
  agent: { type: 'mcp_agent', issuer: 'https://bots.test', id: 'bot', client_id: 'desk', source: 'act', chain: [] },
  authorization: { scopes: [], confidence: 'verified' },
  sessionId: 's-1',
  issuedAt: 0,
  expiresAt: 2_000_000_000,
});
const IDENTITY = {
  actor_issuer: AS,
  actor_sub: 'alice',
  actor_type: 'user',
  tenant: 'acme',
  agent_issuer: 'https://bots.test',
  agent_id: 'bot',
  agent_chain: null,
  client_id: 'desk',
  session_id: 's-1',
};
const NOBODY = Object.fromEntries(Object.keys(IDENTITY).map(name => [name, null]));

class Log extends AuditLog {
  readonly events: AuditEvent[] = [];
  broken = false;

  append(event: AuditEvent): Promise<void> {
    if (this.broken) return Promise.reject(Object.assign(new Error('disk full'), { code: 'ENOSPC' }));
    this.events.push(event);
    return Promise.resolve();
  }
}

let log: Log;
let told: Diagnostic[];
let recorder: AuditRecorder;
beforeEach(() => {
  log = new Log();
  told = [];
  recorder = new AuditRecorder(log, () => 0, { report: one => void told.push(one) }, 'shop');
});

describe('a record', () => {
  it('has every member in one order, and null for what is not known', async () => {
    await recorder.record({ type: 'admission.refused', outcome: 'refused', subject: null, reason: 'token_expired' });
    expect(JSON.stringify(log.events[0])).toBe(
      `{"v":1,"id":"${log.events[0]!.id}",` +
        '"time":"1970-01-01T00:00:00.000Z","type":"admission.refused","service":"shop",' +
        '"actor_issuer":null,"actor_sub":null,"actor_type":null,"tenant":null,"agent_issuer":null,"agent_id":null,"agent_chain":null,' +
        '"client_id":null,"session_id":null,"delegation_mode":null,"delegation_requested":null,"delegation_effective":null,' +
        '"delegations":null,"delegations_unlisted":null,"handler":null,"target":null,"args_digest":null,"outcome":"refused",' +
        '"reason":"token_expired","detail_code":null,"trace_id":null,"envelope_id":null,"intent_id":null,"duration_ms":null,"approval_id":null,"started_by":null,"posture_sha256":null}',
    );
  });

  it('names who acts, be it known from the admission or from the envelope', async () => {
    const target = { name: 'orders_api', mode: 'on_behalf_of' as const, scopes: [], onward: {} };
    const envelope = issue(admitted, { issuer: 'shop', traceId: 't', targets: [target], lifetime: 300, now: 1 });
    await recorder.record({ type: 'input.refused', outcome: 'refused', subject: admitted, traceId: 't' });
    await recorder.record({ type: 'execution.intent', outcome: 'started', subject: envelope });
    const [refused, intent] = log.events;
    expect(refused).toMatchObject({ ...IDENTITY, trace_id: 't', envelope_id: null });
    expect(intent).toMatchObject({ ...IDENTITY, trace_id: 't', envelope_id: envelope.meta.id });
    // Whoever records says the mode: that of an envelope is no answer to "in which mode was this call made?".
    expect(intent!.delegation_mode).toBeNull();
  });

  it('lists the calls of an outcome as they are, and nothing else that a caller puts beside them', async () => {
    const call = { target: 'orders_api', mode: 'on_behalf_of' as const };
    const calls = { listed: [{ ...call, token: 'secret' }, call], unlisted: 2 };
    await recorder.recordOutcome({
      type: 'execution.outcome',
      outcome: 'ok',
      subject: admitted,
      calls,
      durationMs: 1.23456,
    });
    expect(log.events[0]).toMatchObject({ delegations: [call, call], delegations_unlisted: 2, duration_ms: 1.235 });
    expect(JSON.stringify(log.events)).not.toContain('secret');
  });
});

describe('an outcome whose place answers name', () => {
  it('is stored for good before its place is told', async () => {
    const steps: string[] = [];
    const place = { seq: 7, log: 'shop' };
    class LogOfPlaces extends AuditLog {
      async append() {
        steps.push('written');
        return place;
      }
      override async flush() {
        await new Promise(setImmediate);
        steps.push('for good');
      }
    }
    const ended = { type: 'execution.outcome', outcome: 'ok', subject: admitted } as const;
    const recorderOf = (namesOutcomes: boolean) =>
      new AuditRecorder(new LogOfPlaces(), () => 0, { report: () => undefined }, 'shop', namesOutcomes);
    expect(await recorderOf(true).recordOutcome(ended)).toMatchObject({ position: place });
    expect(steps.splice(0)).toEqual(['written', 'for good']);
    await recorderOf(false).recordOutcome(ended);
    expect(steps).toEqual(['written']);
  });
});

describe('the record of a revocation', () => {
  it('names whom it ends, the agent and the session too, and nobody beside', async () => {
    await recorder.recordRevocation({ issuer: AS });
    await recorder.recordRevocation({
      issuer: AS,
      sub: 'alice',
      tenant: 'acme',
      client_id: 'desk',
      sid: 's-1',
      agent: { issuer: 'https://bots.test', id: 'bot' },
    });
    expect(log.events).toEqual([
      expect.objectContaining({ ...NOBODY, type: 'identity.revoked', actor_issuer: AS, outcome: 'ok' }),
      expect.objectContaining({ ...IDENTITY, actor_type: null, type: 'identity.revoked', service: 'shop' }),
    ]);
  });
});

describe('a log that cannot be written', () => {
  it('stops what has not happened yet, and only costs the record of what has', async () => {
    log.broken = true;
    const detail = { type: 'execution.intent', outcome: 'started', subject: admitted } as const;
    await expect(recorder.record(detail)).rejects.toMatchObject({ code: 'audit_unavailable' });
    await expect(recorder.recordRevocation({ issuer: AS })).rejects.toMatchObject({ code: 'audit_unavailable' });
    await expect(recorder.recordOutcome({ ...detail, type: 'execution.outcome' })).resolves.toBeUndefined();
    expect(told.map(({ level, message }) => [level, message.includes('ENOSPC')])).toEqual([
      ['error', true],
      ['error', true],
      ['error', true],
    ]);
    expect(JSON.stringify(told)).not.toContain('alice');
  });
});
