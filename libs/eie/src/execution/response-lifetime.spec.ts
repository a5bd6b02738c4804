import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { jest } from '@jest/globals';
import { type AdmittedIdentity } from 'execution-identity';
import { admittedIdentity } from 'execution-identity/internal/admit';
import { issue } from 'execution-identity/internal/issue';
import { ExecutionRecord, RequestRecord } from '../record/execution-record.js';
import { type HandlerEntry } from '../record/handler-entry.js';
import { ResponseLifetime } from './response-lifetime.js';

const admitted = admittedIdentity({
  actor: { type: 'user', issuer: 'https://login.test', sub: 'alice' },
  agent: { type: 'mcp_agent', issuer: 'https://login.test', id: 'bot', client_id: 'desk', source: 'client', chain: [] },
  authorization: { scopes: [], confidence: 'verified' },
  issuedAt: 0,
  expiresAt: 2_000_000_000,
});
const anEnvelope = () =>
  issue(admitted, { issuer: 'https://mcp.test', traceId: 'a'.repeat(32), targets: [], lifetime: 300, now: 1 });
const SECOND = 1_000;
const DEADLINE = 300 * SECOND;
const DELIVERY = 10 * SECOND;

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick'] }));
afterEach(() => {
  // What all share begins its timers.
  pass(SECOND);
  jest.useRealTimers();
});

const pass = (milliseconds: number) => jest.advanceTimersByTime(milliseconds);

/** A response whose identity expires in a minute. */
function opened({ expiresIn = 60 * SECOND } = {}) {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  const request = new RequestRecord({} as AdmittedIdentity);
  const lifetime = new ResponseLifetime(response, request, { expiresIn, callDeadline: DEADLINE });
  return {
    response,
    lifetime,
    begin: () => void response.writeHead(200).flushHeaders(),
    /** An execution of this request that starts now, unless a later guard still has to let it in. */
    execution: ({ starts = true } = {}) => {
      const execution = { entry: {} as HandlerEntry, handlerName: 'tool', traceId: '' };
      const record = new ExecutionRecord(execution, request);
      record.identify(anEnvelope(), undefined);
      if (starts) record.start();
      return record;
    },
  };
}

describe('a response whose identity expires', () => {
  it('ends at that moment and not before, when no execution works on it', () => {
    const { response, begin } = opened();
    begin();
    pass(60 * SECOND - 1);
    expect(response.destroyed).toBe(false);
    pass(1);
    expect(response.destroyed).toBe(true);
  });

  it('ends at that moment when its execution had ended long before: the handler streams by itself', () => {
    const { response, begin, execution } = opened();
    begin();
    execution().end();
    pass(60 * SECOND);
    expect(response.destroyed).toBe(true);
  });

  it('ends at that moment when its execution has not started yet', () => {
    const { response, begin, execution } = opened();
    begin();
    execution({ starts: false });
    pass(60 * SECOND);
    expect(response.destroyed).toBe(true);
  });

  it('is waited for while its execution runs, until the deadline of that call and not longer', () => {
    const { response, begin, execution } = opened();
    begin();
    pass(10 * SECOND);
    execution();
    pass(DEADLINE - 1);
    expect(response.destroyed).toBe(false);
    pass(1);
    expect(response.destroyed).toBe(true);
  });

  it('ends at the deadline although it has not begun: nobody waits for ever', () => {
    const { response, execution } = opened();
    execution();
    pass(DEADLINE - 1);
    expect(response.destroyed).toBe(false);
    pass(1);
    expect(response.destroyed).toBe(true);
  });

  it('has no deadline before that moment, however long its execution runs', () => {
    const { response, begin, execution } = opened({ expiresIn: 2 * DEADLINE });
    begin();
    execution();
    pass(2 * DEADLINE - 1);
    expect(response.destroyed).toBe(false);
    pass(1);
    expect(response.destroyed).toBe(true);
  });

  it('has time to be written after its execution has ended, and then ends', () => {
    const { response, begin, execution } = opened();
    begin();
    const record = execution();
    pass(90 * SECOND);
    record.end();
    pass(DELIVERY - 1);
    expect(response.destroyed).toBe(false);
    pass(SECOND);
    expect(response.destroyed).toBe(true);
  });

  it('has that time too when its execution ended just before the identity expired', () => {
    const { response, begin, execution } = opened();
    begin();
    const record = execution();
    pass(60 * SECOND - 1);
    record.end();
    pass(2);
    expect(response.destroyed).toBe(false);
    pass(DELIVERY);
    expect(response.destroyed).toBe(true);
  });

  it('is left to itself once it has been written to its end: it is only on its way', () => {
    const { response, begin } = opened();
    begin();
    response.end('the answer');
    pass(2 * DEADLINE);
    expect(response.destroyed).toBe(false);
  });

  it('waits for the last of several executions, each with a deadline of its own', () => {
    const { response, begin, execution } = opened();
    begin();
    const [first] = [execution(), pass(20 * SECOND), execution()];
    pass(DEADLINE - 20 * SECOND);
    first.end();
    pass(20 * SECOND - 1);
    expect(response.destroyed).toBe(false);
    pass(1);
    expect(response.destroyed).toBe(true);
  });

  it('ends within a second of beginning, when it begins as a stream after that moment', () => {
    const { response, begin } = opened();
    pass(75 * SECOND);
    expect(response.destroyed).toBe(false);
    begin();
    pass(SECOND);
    expect(response.destroyed).toBe(true);
  });

  it('ends at that moment when it lies farther ahead than a timer reaches', () => {
    const timers = jest.spyOn(globalThis, 'setTimeout');
    const { response, begin } = opened({ expiresIn: 2 ** 31 + 5 * SECOND });
    begin();
    pass(2 ** 31 + 5 * SECOND - 1);
    // Node fires at once what it is told to wait longer for.
    expect(Math.max(...timers.mock.calls.map(([, delay]) => delay ?? 0))).toBeLessThan(2 ** 31);
    expect(response.destroyed).toBe(false);
    pass(1);
    expect(response.destroyed).toBe(true);
  });

  it('is not looked at any more once it has closed', () => {
    const { response, lifetime, begin } = opened();
    begin();
    lifetime.close();
    pass(600 * SECOND);
    expect([response.destroyed, jest.getTimerCount()]).toEqual([false, 0]);
  });
});

describe('a response whose identity is revoked', () => {
  it('ends at once, whatever runs', () => {
    const { response, begin, execution, lifetime } = opened();
    begin();
    execution();
    lifetime.revoke();
    expect(response.destroyed).toBe(true);
  });

  it('ends within a second of beginning, when it begins later', () => {
    const { response, begin, execution, lifetime } = opened();
    execution();
    lifetime.revoke();
    pass(500 * SECOND);
    expect(response.destroyed).toBe(false);
    begin();
    pass(SECOND);
    expect(response.destroyed).toBe(true);
  });
});
