import { type AuditEvent } from 'nestjs-eie';
import { stepUpDifferences, stepUpResult, type Steps } from './step-up.js';
import { RecordedLog } from './audit-log.js';

const token = (scope: string): string =>
  ['', Buffer.from(JSON.stringify({ scope })).toString('base64url'), ''].join('.');
const tokens: Steps['tokens'] = [token('orders:read'), token('orders:write orders:read')];
const challenge = 'Bearer error="insufficient_scope", scope="orders:write"';
const steps: Steps = {
  tool: 'cancel_order',
  refused: { http: 403, traceId: 'first', text: '', challenge },
  allowed: { http: 200, traceId: 'second', text: '' },
  tokens,
};

const bob = { actor_sub: 'bob', tenant: 'globex', handler: 'cancel_order', agent_id: 'agent-desk-copilot' };
const refusal = { ...bob, type: 'authorization.refused', reason: 'insufficient_scope', trace_id: 'first' };
const intent = { ...bob, type: 'execution.intent', outcome: 'started', trace_id: 'second' };
const ending = { ...bob, type: 'execution.outcome', outcome: 'ok', trace_id: 'second' };

async function problems(
  events: object[] = [refusal, intent, ending],
  made = steps,
  searchedFor: string[] = tokens,
): Promise<string[]> {
  const log = new RecordedLog('', events as AuditEvent[]);
  return stepUpDifferences(made, stepUpResult(made, log), searchedFor);
}

describe('a step-up is as expected', () => {
  it('when the audit log has the refusal and then the call of the same user', async () => {
    expect(await problems()).toEqual([]);
  });

  it.each([
    ['the refusal is missing', [intent, ending]],
    ['the refusal has another reason', [{ ...refusal, reason: 'policy_missing' }, intent, ending]],
    ['the refusal came after the call', [intent, ending, refusal]],
    ['another user was refused', [{ ...refusal, actor_sub: 'alice' }, intent, ending]],
    ['a user of another tenant was refused', [{ ...refusal, tenant: 'acme' }, intent, ending]],
    ['another tool was refused', [{ ...refusal, handler: 'get_balance' }, intent, ending]],
    ['another agent made the call', [refusal, intent, { ...ending, agent_id: 'agent-assistant' }]],
    ['the call did not finish', [refusal, intent]],
  ])('but not when %s', async (_what, events) => {
    expect(await problems(events)).toContainEqual(expect.stringContaining('audited is false'));
  });

  it.each<[string, Partial<Steps['refused']>]>([
    ['there was no challenge', { challenge: undefined }],
    ['the challenge was of another kind', { challenge: challenge.replace('insufficient_scope', 'invalid_token') }],
    ['the challenge named no scope', { challenge: 'Bearer error="insufficient_scope"' }],
    ['the status was not 403', { http: 401 }],
  ])('nor when %s', async (_what, refused) => {
    expect(await problems(undefined, { ...steps, refused: { ...steps.refused, ...refused } })).toEqual([
      expect.stringContaining('challenged is []'),
    ]);
  });

  it('nor when the second token has no more scopes than the first', async () => {
    expect(await problems(undefined, { ...steps, tokens: [tokens[0], tokens[0]] })).toEqual([
      expect.stringContaining('after is'),
    ]);
  });

  it('nor when the search for tokens does not know both', async () => {
    expect(await problems(undefined, steps, [tokens[0]])).toEqual([expect.stringContaining('searched is false')]);
  });
});
