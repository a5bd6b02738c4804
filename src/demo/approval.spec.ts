import { type AuditEvent } from 'nestjs-eie';
import { approvalDifferences, approvalResult, type Approvals } from './approval.js';
import { RecordedLog } from './audit-log.js';
import { type ApiRequest } from './observed-shop.js';

const answer = (traceId: string, text = '') => ({ http: 200, traceId, text });
const approvals: Approvals = {
  shown: ['Money is paid back for an order.', 'Tool: refund_order', 'order_id: "A-1001"', 'amount: 20'],
  approved: answer('approved'),
  replayed: answer('replayed'),
  substituted: answer('substituted'),
};

const alice = { actor_sub: 'alice', tenant: 'acme', handler: 'refund_order', agent_id: 'agent-assistant' };
const of = { ...alice, approval_id: 'one', outcome: 'ok' };
const question = { ...of, type: 'approval.requested', trace_id: 'question' };
const decision = { ...of, type: 'approval.decided', trace_id: 'approved' };
const intent = { ...of, type: 'execution.intent', outcome: 'started', trace_id: 'approved' };
const ending = { ...of, type: 'execution.outcome', trace_id: 'approved' };
const refusal = { ...alice, type: 'authorization.refused', outcome: 'refused', reason: 'approval_unknown' };
const [replay, substitution] = [
  { ...refusal, trace_id: 'replayed', approval_id: null },
  { ...refusal, trace_id: 'substituted', approval_id: 'two' },
];
const story = [question, decision, intent, ending, replay, substitution];

const request = (traceId: string, url: string, body: string, part: ApiRequest['part'] = 'orders-api'): ApiRequest => ({
  part,
  seen: { traceId, accessToken: undefined, txnToken: undefined },
  captured: { accessToken: undefined, txnToken: undefined },
  rest: JSON.stringify({ method: 'POST', url, body }),
});
const refund = (traceId: string, amount: number) =>
  request(traceId, '/orders/A-1001/refunds', JSON.stringify({ amount }));
const paid = [refund('approved', 20), request('another', '/orders/A-1001', '')];

const problems = (events: object[] = story, requests = paid, made = approvals): string[] =>
  approvalDifferences(approvalResult(made, new RecordedLog('', events as AuditEvent[]), requests));

describe('an approval is as expected', () => {
  it('when its call ran once, and the audit log and the API have nothing of any other', () => {
    expect(problems()).toEqual([]);
  });

  it.each([
    ['the question is missing', [decision, intent, ending, replay, substitution]],
    ['the decision is missing', [question, intent, ending, replay, substitution]],
    ['the decision was no', [question, { ...decision, outcome: 'refused' }, intent, ending, replay, substitution]],
    ['the decision came after the call', [question, intent, decision, ending, replay, substitution]],
    [
      'the call ran under another approval',
      [question, decision, intent, { ...ending, approval_id: 'two' }, ...story.slice(4)],
    ],
    ['the call names no approval', story.slice(0, 4).map(event => ({ ...event, approval_id: null }))],
    ['the call ran twice under it', [...story.slice(0, 4), intent, ending, replay, substitution]],
    ['another user was asked', [{ ...question, actor_sub: 'bob' }, ...story.slice(1)]],
    ['a user of another tenant decided', [question, { ...decision, tenant: 'globex' }, ...story.slice(2)]],
    [
      'another agent made the call',
      [question, decision, intent, { ...ending, agent_id: 'agent-desk-copilot' }, ...story.slice(4)],
    ],
    ['the question was about another tool', [{ ...question, handler: 'cancel_order' }, ...story.slice(1)]],
  ])('but not when %s', (_what, events) => {
    expect(problems(events)).toContainEqual(expect.stringContaining('audited is false'));
  });

  describe.each([
    ['replayed', replay],
    ['substituted', substitution],
  ])('nor when the %s call', (name, refused) => {
    const others = story.filter(event => event !== refused);
    const isReported = [expect.stringContaining(`approval ${name}:`)];

    it.each<[string, object[]]>([
      ['was not recorded', others],
      ['ran', [...others, { ...refused, type: 'execution.outcome', outcome: 'ok', reason: null }]],
      ['was refused for another reason', [...others, { ...refused, reason: 'insufficient_scope' }]],
    ])('%s', (_what, events) => {
      expect(problems(events)).toEqual(expect.arrayContaining(isReported));
    });

    it('reached any API', () => {
      expect(problems(story, [...paid, request(name, '/balance', '', 'billing-api')])).toEqual(isReported);
    });
  });

  it('nor when the substituted call was refused without its approval being named', () => {
    const unnamed = { ...substitution, approval_id: null };
    const events = story.map(event => (event === substitution ? unnamed : event));
    expect(problems(events)).toEqual([expect.stringContaining('named is false')]);
  });

  it.each<[string, ApiRequest[]]>([
    ['nothing', []],
    ['the refund twice', [...paid, refund('another', 20)]],
    ['another amount', [refund('approved', 2000)]],
    ['another amount too, in whatever trace', [...paid, refund('another', 2000)]],
  ])('nor when the API received %s', (_what, requests) => {
    expect(problems(story, requests)).toEqual([expect.stringContaining('refunds is')]);
  });

  it('nor when the person was shown another amount', () => {
    const shown = [...approvals.shown.slice(0, 3), 'amount: 2'];
    expect(problems(story, paid, { ...approvals, shown })).toEqual([expect.stringContaining('shown is')]);
  });
});
