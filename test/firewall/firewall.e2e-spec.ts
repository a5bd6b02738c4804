import { type AuditEvent } from 'nestjs-eie';
import { type Evidence, judge } from './judge.js';
import { isSound, runFirewall } from './run.js';

const CALLER = { sub: 'alice', tenant: 'acme' };
const AGENT = 'agent-desk-copilot';
const record = (type: string, changes: object = {}) =>
  ({ type, actor_sub: 'alice', tenant: 'acme', agent_id: AGENT, reason: 'input_invalid', ...changes }) as AuditEvent;
const RAN: Evidence = {
  isHostile: true,
  caller: CALLER,
  answer: {
    status: 200,
    headers: new Headers(),
    challenge: null,
    messages: [{ result: {} }],
    body: '"acts for alice"',
  },
  seen: [{ trace: '', sub: 'alice', tenant: 'acme', agent: AGENT }],
  records: [record('execution.intent'), record('execution.outcome')],
};
const REFUSED: Evidence = { ...RAN, seen: [], records: [record('input.refused')] };

/** A small share of `npm run firewall`. */
it('hostile calls change nothing about who acts, and each that is refused is recorded', async () => {
  const outcome = await runFirewall({ hostile: 160, seed: 7 });
  expect(outcome.failures).toEqual([]);
  expect(outcome).toMatchObject({ calls: 200, hostile: 160, changedIdentity: 0, crashed: 0, polluted: false });
  expect(outcome.refused).toBeGreaterThan(40);
  expect(outcome.ranAsCaller).toBeGreaterThan(20);
  expect(outcome.controls.map(({ caught }) => caught)).toEqual([true, true]);
  expect(isSound(outcome)).toBe(true);
  expect(isSound({ ...outcome, recorded: outcome.recorded - 1 })).toBe(false);
  expect(isSound({ ...outcome, controls: [{ name: 'a fault', caught: false }] })).toBe(false);
});

it.each<[string, Evidence, string | undefined]>([
  ['a call that runs for its caller', RAN, undefined],
  ['a refusal that is recorded', REFUSED, undefined],
  ['an API that sees somebody else', { ...RAN, seen: [{ ...RAN.seen[0]!, sub: 'bob' }] }, 'changed'],
  ['an API that sees another tenant', { ...RAN, seen: [{ ...RAN.seen[0]!, tenant: 'globex' }] }, 'changed'],
  ['an API that sees another agent', { ...RAN, seen: [{ ...RAN.seen[0]!, agent: 'evil' }] }, 'changed'],
  ['a record of somebody else', { ...REFUSED, records: [record('input.refused', { actor_sub: 'bob' })] }, 'changed'],
  ['an answer for somebody else', { ...RAN, answer: { ...RAN.answer!, body: 'acts for bob' } }, 'changed'],
  ['no answer', { ...RAN, answer: undefined }, 'crashed'],
  ['an answer of 500', { ...REFUSED, answer: { ...RAN.answer!, status: 500 } }, 'crashed'],
  ['a good call that is refused', { ...REFUSED, isHostile: false }, 'refused a good call'],
  ['a refusal without a record', { ...REFUSED, records: [] }, 'unrecorded'],
  ['a call that runs without its intent', { ...RAN, records: [] }, 'unrecorded'],
])('the detector judges %s', (_what, evidence, wrong) => {
  expect(judge(evidence).wrong).toBe(wrong);
});
