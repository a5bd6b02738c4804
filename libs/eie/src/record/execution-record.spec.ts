import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { type AdmittedIdentity, type ExecutionIdentityEnvelope } from 'execution-identity';
import { admittedIdentity } from 'execution-identity/internal/admit';
import { issue } from 'execution-identity/internal/issue';
import { type HandlerEntry } from './handler-entry.js';
import { envelopeOf } from './envelope-of.js';
import { carry, ExecutionRecord, recordIn, recordOf, requestIn, RequestRecord } from './execution-record.js';

const context = (type: string, ...args: unknown[]) => {
  const host = new ExecutionContextHost(args as object[]);
  host.setType(type);
  return host;
};
const execution = { entry: {} as HandlerEntry, handlerName: 'tool', traceId: 'a'.repeat(32) };
const admitted = admittedIdentity({
  actor: { type: 'user', issuer: 'https://login.test', sub: 'alice' },
  agent: { type: 'mcp_agent', issuer: 'https://login.test', id: 'bot', client_id: 'desk', source: 'client', chain: [] },
  authorization: { scopes: [], confidence: 'verified' },
  issuedAt: 0,
  expiresAt: 2_000_000_000,
});
const anEnvelope = () =>
  issue(admitted, { issuer: 'https://mcp.test', traceId: 'a'.repeat(32), targets: [], lifetime: 300, now: 1 });
const refusedAs = (code: string) => expect.objectContaining({ code });

describe('the record of an execution', () => {
  it('is found at the request over HTTP, at the trusted call and never at the input over MCP and RPC', () => {
    const record = new ExecutionRecord(execution);
    const [carrier, other] = [{}, {}];
    carry(carrier, record);
    expect(recordIn(context('http', carrier, other))).toBe(record);
    expect(recordIn(context('mcp', carrier, other))).toBe(record);
    expect(recordIn(context('rpc', other, carrier))).toBe(record);
    for (const [type, ...args] of [
      ['http', other, carrier],
      ['mcp', other, carrier],
      ['rpc', carrier, other],
      ['ws', carrier, carrier],
      ['graphql', carrier, carrier],
      ['mcp', undefined],
      ['rpc', 'text'],
    ] as [string, ...unknown[]][])
      expect(recordIn(context(type, ...args))).toBeUndefined();
  });

  it('is found by its envelope, and by no other object', () => {
    const record = new ExecutionRecord(execution);
    const mine = anEnvelope();
    expect(recordOf(mine)).toBeUndefined();
    record.identify(mine, undefined);
    expect(recordOf(mine)).toBe(record);
    expect(recordOf(anEnvelope())).toBeUndefined();
  });

  it('belongs to its request from its envelope to its end', () => {
    const request = new RequestRecord({} as AdmittedIdentity);
    const record = new ExecutionRecord(execution, request);
    expect([...request.executions]).toEqual([]);
    record.identify(anEnvelope(), undefined);
    record.start();
    expect([...request.executions]).toEqual([record]);
    expect([record.hasEnded, request.lastEnd]).toEqual([false, -Infinity]);
    record.end();
    expect([...request.executions]).toEqual([]);
    expect(record.hasEnded).toBe(true);
    expect(request.lastEnd).toBeGreaterThanOrEqual(record.startedAt!);
  });

  it('lists the first hundred calls of targets in their order, and counts the rest', () => {
    const record = new ExecutionRecord(execution);
    const calls = Array.from({ length: 103 }, (_, i) => ({ target: `api-${i}`, mode: 'service_identity' as const }));
    for (const call of calls) record.calls.note(call);
    expect({ ...record.calls }).toEqual({ listed: calls.slice(0, 100), unlisted: 3 });
  });
});

describe('the record of a request', () => {
  it('is found at a request that dispatches, and is the record of no execution', () => {
    const [dispatching, plain, request] = [{}, {}, new RequestRecord({} as AdmittedIdentity)];
    carry(dispatching, request);
    carry(plain, new ExecutionRecord(execution, request));
    expect(requestIn(dispatching)).toBe(request);
    expect(recordIn(context('http', dispatching))).toBeUndefined();
    expect(requestIn(plain)).toBeUndefined();
  });
});

describe('the identity of a context', () => {
  it('is the one of its execution, and missing where nothing runs, whatever the properties of the carrier say', () => {
    const record = new ExecutionRecord(execution);
    const [carrier, mine] = [{ user: { actor: { sub: 'bob' } } }, anEnvelope()];
    carry(carrier, record);
    expect(() => envelopeOf(context('http', carrier))).toThrow(refusedAs('identity_missing'));
    record.identify(mine, undefined);
    expect(() => envelopeOf(context('http', { ...carrier }))).toThrow(refusedAs('identity_missing'));
    expect(() => envelopeOf(context('mcp', undefined))).toThrow(refusedAs('identity_missing'));
    expect(envelopeOf(context('http', carrier))).toBe(mine);
  });

  it('is never what this library has not issued', () => {
    const lookalike = Object.freeze({ ...anEnvelope() }) as ExecutionIdentityEnvelope;
    expect(() => new ExecutionRecord(execution).identify(lookalike, undefined)).toThrow(refusedAs('identity_forged'));
    expect(recordOf(lookalike)).toBeUndefined();
  });

  it.each(['rpc', 'ws', 'graphql'])('is refused for a handler of the kind %s, which carries none', type => {
    expect(() => envelopeOf(context(type, {}, {}))).toThrow(refusedAs('unsupported_context'));
  });
});
