import { type AuditEvent } from 'execution-identity';
import { type TargetCall } from '../targets/target-call.js';
import { crossedAnswers, crossedRecords, crossedTargetCalls, type IsolatedCall } from './crossings.js';

const trace = (digit: string): string => digit.repeat(32);
const call = (sub: string, digit: string): IsolatedCall => ({
  trace: trace(digit),
  sub,
  tool: 'mine',
  answer: { isError: false, result: { content: [{ type: 'text', text: sub }] } } as IsolatedCall['answer'],
});
const calls = new Map([call('ann', 'a'), call('ben', 'b')].map(one => [one.trace, one]));
const SUBS = ['ann', 'ben'];

const record = (actor_sub: string, digit: string, type: AuditEvent['type']): AuditEvent =>
  ({ type, actor_sub, trace_id: trace(digit), handler: 'mine' }) as AuditEvent;
const sound = (['execution.intent', 'execution.outcome'] as const).flatMap(type => [
  record('ann', 'a', type),
  record('ben', 'b', type),
]);
const received = (sub: string, digit: string): TargetCall =>
  ({ sub, headers: { traceparent: `00-${trace(digit)}-${'1'.repeat(16)}-01` } }) as unknown as TargetCall;

describe('what crosses between users', () => {
  it('is nothing where each call has its own records, answer and target calls', () => {
    expect(crossedAnswers(calls, SUBS)).toEqual([]);
    expect(crossedRecords(calls, SUBS, sound)).toEqual([]);
    expect(crossedTargetCalls(calls, 'orders_api', [received('ann', 'a'), received('ben', 'b')])).toEqual([]);
  });

  it('is a record that names another user than the caller', () => {
    const crossed = crossedRecords(calls, SUBS, [...sound, record('ben', 'a', 'delegation.intent')]);
    expect(crossed).toEqual(['a record of delegation.intent of mine names ben, in the call of ann']);
  });

  it('is a record of a user whom no call is for', () => {
    const crossed = crossedRecords(calls, SUBS, [...sound, record('ben', 'c', 'delegation.intent')]);
    expect(crossed).toEqual(['a record of delegation.intent of mine names ben, in the call of nobody']);
  });

  it('is a call without an outcome of its own, and one with two', () => {
    expect(crossedRecords(calls, SUBS, sound.slice(0, 3))).toEqual([
      'mine of ben has 0 records of execution.outcome, and not 1',
    ]);
    expect(crossedRecords(calls, SUBS, [...sound, sound[0]!])).toEqual([
      'mine of ann has 2 records of execution.intent, and not 1',
    ]);
  });

  it('is a call of a target for another user', () => {
    const crossed = crossedTargetCalls(calls, 'orders_api', [received('ben', 'a')]);
    expect(crossed).toEqual(['orders_api is called for ben in the call of ann']);
  });
});
