import { CASES, LEFT_OUT } from './cases.js';
import { type Participant, startParticipant } from './participant.js';
import { nameOf, problemsOf } from './report.js';

describe('a participant by W3C Trace Context level 2', () => {
  let participant: Participant;

  beforeAll(async () => {
    participant = await startParticipant();
  });
  afterAll(() => participant.close());

  it.each(CASES.map(one => [nameOf(one), one] as const))('keeps the rule %s', async (_name, one) => {
    expect(problemsOf(one, await participant.send(one))).toEqual([]);
  });

  it('finds fault with a target that is sent the wrong thing', async () => {
    const sent = await participant.send(CASES.find(({ id }) => id === 'tracestate is passed on with the trace')!);
    for (const one of CASES.filter(({ trace, tracestate }) => trace === 'begun' || tracestate === undefined))
      expect(problemsOf(one, sent)).not.toEqual([]);
  });

  it('has one name for each case, and a reason for each that is left out', () => {
    const names = [...CASES.map(nameOf), ...LEFT_OUT.map(one => one.case)];
    expect(new Set(names).size).toBe(names.length);
    expect(LEFT_OUT.every(({ reason }) => reason.length > 20)).toBe(true);
  });
});
