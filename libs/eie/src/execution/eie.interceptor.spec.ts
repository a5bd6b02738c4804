import { setImmediate as nextTurn } from 'node:timers/promises';
import { BadGatewayException, type CallHandler, HttpException } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { type AuditEvent, AuditLog, EieError, type ExecutionIdentityEnvelope } from 'execution-identity';
import { AuditRecorder } from 'execution-identity/internal';
import { admittedIdentity } from 'execution-identity/internal/admit';
import { issue } from 'execution-identity/internal/issue';
import {
  concat,
  defer,
  EMPTY,
  firstValueFrom,
  from,
  lastValueFrom,
  mergeMap,
  NEVER,
  type Observable,
  of,
  throwError,
  toArray,
} from 'rxjs';
import { Refusals } from '../http/refusal-response.js';
import { ServerProfile } from '../configuration/server-profile.js';
import { Resources } from '../http/resources.js';
import { carry, ExecutionRecord, recordIn, recordOf, RequestRecord } from '../record/execution-record.js';
import { keepToken } from '../vault/keep-token.js';
import { openToken } from '../vault/open-token.js';
import { type HandlerEntry } from '../record/handler-entry.js';
import { ExecutionLog } from './execution-log.js';
import { EieAuditInterceptor } from './eie.interceptor.js';

const ISSUER = 'https://as.test';
const RESOURCE = 'https://mcp.test';

/** A log whose records are kept when the test says so, or not at all. */
class Log extends AuditLog {
  readonly events: AuditEvent[] = [];
  /** What an `append` waits for, or rejects with. */
  before: (event: AuditEvent) => Promise<void> = () => Promise.resolve();

  async append(event: AuditEvent): Promise<void> {
    await this.before(event);
    this.events.push(event);
  }
}

let log: Log;
let interceptor: EieAuditInterceptor;
let executionLog: ExecutionLog;
let envelope: ExecutionIdentityEnvelope;
let record: ExecutionRecord;
let context: ExecutionContextHost;
let handled: number;

beforeEach(() => {
  log = new Log();
  const recorder = new AuditRecorder(log, Date.now, { report: () => undefined }, RESOURCE);
  const profile = new ServerProfile({ resource: RESOURCE, issuers: [] }, false, RESOURCE);
  const refusals = new Refusals({} as never, new Resources(profile), profile);
  executionLog = new ExecutionLog(recorder);
  interceptor = new EieAuditInterceptor(recorder, executionLog, refusals, { isUnmanaged: () => false });
  const admitted = admittedIdentity({
    actor: { type: 'user', issuer: ISSUER, sub: 'alice' },
    agent: { type: 'mcp_agent', issuer: ISSUER, id: 'bot', client_id: 'desk', source: 'client', chain: [] },
    authorization: { scopes: [], confidence: 'verified' },
    issuedAt: 0,
    expiresAt: 2_000_000_000,
  });
  envelope = issue(admitted, { issuer: RESOURCE, traceId: 'a'.repeat(32), targets: [], lifetime: 300, now: 1 });
  const execution = { entry: {} as HandlerEntry, handlerName: 'tool', traceId: 'a'.repeat(32) };
  record = new ExecutionRecord(execution, new RequestRecord(admitted));
  record.identify(envelope, undefined);
  keepToken(envelope, 'the-inbound-token', { issuer: ISSUER, expiresAt: 2_000_000_000 });
  const carrier = {};
  carry(carrier, record);
  context = new ExecutionContextHost([carrier, {}]);
  context.setType('mcp');
  handled = 0;
});

const through = (result: () => Observable<unknown>): Observable<unknown> => {
  const next: CallHandler = { handle: () => (handled++, result()) };
  const begin = async (): Promise<void> => {
    if (recordIn(context) && record.startedAt === undefined && !record.hasEnded) await executionLog.begin(record);
  };
  // As Nest does: the guard has begun it, and the interceptor runs anew for each subscription.
  return defer(begin).pipe(mergeMap(() => interceptor.intercept(context, next)));
};
const records = () => log.events.map(({ type, outcome, reason }) => [type, outcome, reason]);
const INTENT = ['execution.intent', 'started', null];
const ended = (outcome: string, reason: string | null = null) => ['execution.outcome', outcome, reason];
const hasToken = () => openToken(envelope, ISSUER) !== undefined;
const isOver = () => [record.hasEnded, hasToken(), recordOf(envelope)?.hasEnded];
const OVER = [true, false, true];

describe('an execution', () => {
  it.each<[string, () => Observable<unknown>, unknown[]]>([
    ['one value', () => of('one'), ['one']],
    ['several values', () => of('one', 'two', 'three'), ['one', 'two', 'three']],
    ['nothing', () => EMPTY, [undefined]],
    ['a promise', () => from(nextTurn('late')), ['late']],
  ])('that gives %s has its intent before it and one outcome after it', async (_what, result, values) => {
    const running = through(() => {
      expect(records()).toEqual([INTENT]);
      expect(isOver()).toEqual([false, true, false]);
      return result();
    });
    expect(await lastValueFrom(running.pipe(toArray()))).toEqual(values);
    expect(records()).toEqual([INTENT, ended('ok')]);
    expect(handled).toBe(1);
    expect(isOver()).toEqual(OVER);
  });

  const eieError = new EieError('target_unavailable');
  it.each<[string, unknown, string]>([
    ['any error', new TypeError('x'), 'error'],
    ['a value that is no error', 'text', 'error'],
    ['an HttpException', new BadGatewayException(), 'http_502'],
    ['a refusal', eieError, 'target_unavailable'],
    ['what wraps a refusal', new Error('fetch failed', { cause: eieError }), 'target_unavailable'],
    [
      'an HttpException that wraps a refusal: the application has decided',
      new HttpException('x', 404, { cause: eieError }),
      'http_404',
    ],
  ])('that fails with %s has one outcome, with the reason', async (_what, error, reason) => {
    for (const result of [
      () => throwError(() => error),
      () =>
        concat(
          of('first'),
          throwError(() => error),
        ),
    ]) {
      log.events.length = 0;
      record = new ExecutionRecord(record.execution, record.request);
      record.identify(envelope, undefined);
      carry(context.getArgByIndex(0), record);
      const thrown: unknown = await lastValueFrom(through(result)).catch((caught: unknown) => caught);
      expect(records()).toEqual([INTENT, ended('failed', reason)]);
      expect(isOver()).toEqual(OVER);
      const isRefusal = reason === 'target_unavailable';
      expect(thrown).toEqual(isRefusal ? expect.objectContaining({ cause: eieError, status: 502 }) : error);
      expect(record.failure).toBe(isRefusal ? eieError : undefined);
    }
  });

  it('whose pipeline throws at once has one outcome', async () => {
    const thrown = new TypeError('x');
    const running = through(() => {
      throw thrown;
    });
    await expect(lastValueFrom(running)).rejects.toBe(thrown);
    expect(records()).toEqual([INTENT, ended('failed', 'error')]);
    expect(isOver()).toEqual(OVER);
  });

  it.each([
    ['before', NEVER],
    ['after', concat(of('one'), NEVER)],
  ])('whose caller goes away %s its first value has one outcome', async (_when, result) => {
    const subscription = through(() => result).subscribe();
    await nextTurn();
    expect(records()).toEqual([INTENT]);
    subscription.unsubscribe();
    subscription.unsubscribe();
    await nextTurn();
    expect(records()).toEqual([INTENT, ended('failed', 'aborted')]);
    expect(isOver()).toEqual(OVER);
  });

  it('of which only the first value is taken has one outcome', async () => {
    expect(await firstValueFrom(through(() => of('one', 'two')))).toBe('one');
    await nextTurn();
    expect(records()).toEqual([INTENT, ended('failed', 'aborted')]);
    expect(isOver()).toEqual(OVER);
  });

  it('whose caller goes away while its outcome is being kept has that one outcome', async () => {
    let keep = (): void => {};
    log.before = ({ type }) =>
      type === 'execution.outcome' ? new Promise(resolve => (keep = resolve)) : Promise.resolve();
    const subscription = through(() => of('one')).subscribe();
    await nextTurn();
    subscription.unsubscribe();
    keep();
    await nextTurn();
    expect(records()).toEqual([INTENT, ended('ok')]);
  });

  it.each<[string, Observable<unknown>]>([
    ['with its value', of('one')],
    ['with its failure', throwError(() => new TypeError('x'))],
  ])('is answered %s only when its outcome is kept, and is over before that', async (_what, result) => {
    let keep = (): void => {};
    log.before = ({ type }) =>
      type === 'execution.outcome' ? new Promise(resolve => (keep = resolve)) : Promise.resolve();
    let isAnswered = false;
    const answer = lastValueFrom(through(() => result)).catch(() => undefined);
    void answer.then(() => (isAnswered = true));
    await nextTurn();
    expect([isAnswered, ...isOver()]).toEqual([false, ...OVER]);
    keep();
    await answer;
    expect(log.events).toHaveLength(2);
  });

  it('does not run, and has no outcome, when its intent cannot be kept', async () => {
    log.before = () => Promise.reject(new Error('disk full'));
    await expect(lastValueFrom(through(() => of('one')))).rejects.toMatchObject({ code: 'audit_unavailable' });
    log.before = () => Promise.resolve();
    await nextTurn();
    expect([records(), handled, ...isOver()]).toEqual([[], 0, ...OVER]);
  });

  it.each([
    ['http_403', 'refused'],
    ['http_401', 'refused'],
    ['http_500', 'failed'],
    ['aborted', 'failed'],
  ] as const)('that a later guard stops has one outcome, with the reason %s', async (reason, outcome) => {
    await executionLog.begin(record);
    await executionLog.endStopped(record, reason);
    await executionLog.endStopped(record, 'aborted');
    expect(records()).toEqual([INTENT, ended(outcome, reason)]);
    expect(isOver()).toEqual(OVER);
    await expect(lastValueFrom(through(() => of('late')))).rejects.toMatchObject({
      cause: { code: 'caller_left' },
    });
    expect(handled).toBe(0);
    expect(records()).toEqual([INTENT, ended(outcome, reason)]);
  });

  it.each([
    ['kept', [INTENT, ended('failed', 'aborted')]],
    ['refused', []],
  ])(
    'that ends while its intent is written has its outcome after it, and none where the intent is %s',
    async (what, expected) => {
      let settle = (): void => {};
      log.before = ({ type }) =>
        type === 'execution.intent'
          ? new Promise(
              (resolve, reject) => (settle = () => (what === 'kept' ? resolve() : reject(new Error('disk full')))),
            )
          : Promise.resolve();
      const begun = executionLog.begin(record).catch(() => undefined);
      await nextTurn();
      const stopped = executionLog.endStopped(record, 'aborted');
      await nextTurn();
      expect(records()).toEqual([]);
      settle();
      await Promise.all([begun, stopped]);
      expect(records()).toEqual(expected);
      expect(isOver()).toEqual(OVER);
    },
  );

  it('that runs is not ended by what a response says of it', async () => {
    const running = lastValueFrom(through(() => from(nextTurn('late'))));
    await nextTurn();
    await executionLog.endStopped(record, 'http_403');
    await running;
    expect(records()).toEqual([INTENT, ended('ok')]);
  });

  it.each<[string, Observable<unknown>]>([
    ['gives its value', of('one')],
    ['fails', throwError(() => new TypeError('x'))],
  ])('that %s is answered in the same way when its outcome cannot be kept', async (_what, result) => {
    const expected = await lastValueFrom(result).catch((error: unknown) => String(error));
    log.before = ({ type }) =>
      type === 'execution.outcome' ? Promise.reject(new Error('disk full')) : Promise.resolve();
    expect(await lastValueFrom(through(() => result)).catch((error: unknown) => String(error))).toBe(expected);
    expect(isOver()).toEqual(OVER);
  });

  it('has a duration on its outcome alone: the time from its intent to its end', async () => {
    const before = performance.now();
    await lastValueFrom(through(() => from(new Promise(resolve => setTimeout(resolve, 50)))));
    const atMost = performance.now() - before;
    const [intent, outcome] = log.events as [AuditEvent, AuditEvent];
    expect(intent.duration_ms).toBeNull();
    // A Node timer may fire a millisecond early.
    expect(outcome.duration_ms).toBeGreaterThan(45);
    expect(outcome.duration_ms).toBeLessThanOrEqual(atMost);
  });

  it('runs once: an interceptor around it that subscribes again is refused, and that is recorded', async () => {
    await expect(lastValueFrom(through(() => throwError(() => new TypeError('x'))))).rejects.toThrow('x');
    await expect(lastValueFrom(through(() => of('again')))).rejects.toMatchObject({
      cause: { code: 'decision_missing' },
    });
    expect(handled).toBe(1);
    expect(records()).toEqual([
      INTENT,
      ended('failed', 'error'),
      ['authorization.refused', 'refused', 'decision_missing'],
    ]);
  });

  it('goes on, with one outcome, when it is started a second time while it runs', async () => {
    let finish = (): void => {};
    const first = lastValueFrom(through(() => from(new Promise<void>(resolve => (finish = resolve)))));
    await nextTurn();
    await expect(lastValueFrom(through(() => of('again')))).rejects.toMatchObject({
      cause: { code: 'decision_missing' },
    });
    expect(isOver()).toEqual([false, true, false]);
    finish();
    await first;
    expect(records()).toEqual([INTENT, ['authorization.refused', 'refused', 'decision_missing'], ended('ok')]);
  });

  it('does not run when its request is over before it starts, and that is recorded', async () => {
    record.end();
    await expect(lastValueFrom(through(() => of('late')))).rejects.toMatchObject({
      cause: { code: 'caller_left' },
    });
    expect(handled).toBe(0);
    expect(records()).toEqual([['authorization.refused', 'refused', 'caller_left']]);
  });
});

describe('a handler without an identity', () => {
  it('is passed through over HTTP, without a record: it is public', async () => {
    context = new ExecutionContextHost([{}, {}]);
    expect(await lastValueFrom(through(() => of('public')))).toBe('public');
    expect(log.events).toEqual([]);
  });

  it.each(['mcp', 'rpc', 'ws', 'graphql'])(
    'does not run in a context of the kind %s, though no guard stood before it',
    async type => {
      context = new ExecutionContextHost([{}, {}]);
      context.setType(type);
      await expect(lastValueFrom(through(() => of('ran')))).rejects.toMatchObject({
        cause: { code: 'unsupported_context' },
      });
      expect(handled).toBe(0);
    },
  );
});
