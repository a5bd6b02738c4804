import { Controller, Get, Param, Post } from '@nestjs/common';
import { IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import { Type } from 'class-transformer';
import {
  ApprovalService,
  type EieOptions,
  type ExecutionIdentityEnvelope,
  Identity,
  type PendingApproval,
  RequireApproval,
  RequireScopes,
} from 'nestjs-eie';
import { inputRequired } from '@modelcontextprotocol/server';
import { EieMcpModule, Tool, ToolCall, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { ADAPTERS, ERAS, startApp, type TestApp } from '../support/app.js';
import { connectAsking, type Form } from '../support/asking-client.js';
import { message, send } from '../support/mcp-messages.js';
import { startWorld, type World } from '../support/world.js';

class Bank {
  @IsString()
  iban: string;
}

class Refund {
  @IsString()
  order: string;

  @IsInt()
  amount: number;

  @IsOptional()
  @ValidateNested()
  @Type(() => Bank)
  bank?: Bank;
}

let ran: string[] = [];

@ToolController()
class Tools {
  @Tool({ name: 'refund' })
  @RequireScopes('orders:write')
  @RequireApproval({ reason: 'Money goes back to the customer.', show: ['amount', 'order', 'bank.iban'] })
  refund(@ToolInput() { order, amount }: Refund, @Identity('actor.sub') sub: string) {
    ran.push(`refund ${amount} for ${order} by ${sub}`);
    return `refunded ${order}`;
  }

  @Tool({ name: 'transfer' })
  @RequireScopes('orders:write')
  @RequireApproval({ reason: 'Money leaves the shop.', show: ['amount', 'order'], by: 'another' })
  transfer(@ToolInput() { order }: Refund) {
    ran.push(`transfer for ${order}`);
    return `transferred ${order}`;
  }

  @Tool({ name: 'order_again' })
  @RequireScopes('orders:write')
  @RequireApproval({ reason: 'The order is placed once more.' })
  again(@ToolCall() call: ToolCall) {
    const remembered = call.state<{ step: number }>();
    ran.push(remembered ? 'ordered' : 'asked for more');
    if (remembered) return 'ordered';
    const requestedSchema = { type: 'object' as const, properties: { note: { type: 'string' as const } } };
    return call.requestInput({ note: inputRequired.elicit({ message: 'A note?', requestedSchema }) }, { step: 1 });
  }

  @Tool({ name: 'close_account' })
  @RequireScopes('orders:write')
  @RequireApproval({ reason: 'The account is closed for ever.', by: 'self' })
  close() {
    ran.push('close');
    return 'closed';
  }
}

@Controller('approvals')
@RequireScopes('orders:read')
class ApprovalsController {
  constructor(private readonly approvals: ApprovalService) {}

  @Get()
  pending(@Identity() approver: ExecutionIdentityEnvelope): Promise<PendingApproval[]> {
    return this.approvals.pending(approver);
  }

  @Post(':id/approve')
  approve(@Identity() approver: ExecutionIdentityEnvelope, @Param('id') id: string): Promise<void> {
    return this.approvals.approve(approver, id);
  }

  @Post(':id/deny')
  deny(@Identity() approver: ExecutionIdentityEnvelope, @Param('id') id: string): Promise<void> {
    return this.approvals.deny(approver, id);
  }
}

const INPUT = { order: 'o-17', amount: 120, bank: { iban: 'DE02' } };
const yes = () => ({ action: 'accept' as const, content: { approve: true } });

describe.each(ADAPTERS)('an approval of one call, on %s,', adapter => {
  let world: World;
  let app: TestApp;
  let now: number;

  const start = (options: Partial<EieOptions> = {}) =>
    startApp(world, {
      adapter,
      providers: [Tools],
      controllers: [ApprovalsController],
      imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0', sessions: true })],
      options: { ...options, ports: { clock: () => now, ...options.ports } },
    });

  beforeAll(async () => {
    world = await startWorld();
    now = Date.now();
    app = await start();
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });
  beforeEach(() => {
    // What was asked before has expired.
    now += 7_200_000;
    ran = [];
    app.auditLog.events.length = 0;
  });

  const token = (by: Parameters<World['userToken']>[0] = {}) =>
    world.userToken({ scope: 'orders:read orders:write', issuedAt: Math.floor(now / 1000) - 1, ...by });
  const asking = (era: (typeof ERAS)[number], answer: (form: Form) => unknown) =>
    connectAsking(`${app.url}/mcp`, () => token(), era, answer);

  const call = async (name: string, args: object = INPUT, by: Parameters<World['userToken']>[0] = {}, more = {}) => {
    const { name: tool, ...params } = { name, arguments: args, ...more };
    const body = message('2026-07-28', 'tools/call', { name: tool, ...params }, 1, { elicitation: {} });
    return (await send(app.url, token(by), '2026-07-28', body)).messages[0];
  };
  const CAROL = { sub: 'user-0', clientId: 'assistant' };
  const decide = (id: string, what: 'approve' | 'deny', by: Parameters<World['userToken']>[0] = CAROL) =>
    fetch(`${app.url}/approvals/${id}/${what}`, { method: 'POST', headers: { authorization: `Bearer ${token(by)}` } });
  const pending = async (by: Parameters<World['userToken']>[0] = CAROL) =>
    (await (
      await fetch(`${app.url}/approvals`, { headers: { authorization: `Bearer ${token(by)}` } })
    ).json()) as PendingApproval[];

  describe.each(ERAS)('asked of the user by a client of %s,', era => {
    it('shows the reason and the fields that the tool names, and lets the call run once', async () => {
      const forms: Form[] = [];
      const client = await asking(era, form => (forms.push(form), yes()));
      const { content } = await client.callTool({ name: 'refund', arguments: INPUT });
      expect(content).toEqual([{ type: 'text', text: 'refunded o-17' }]);
      expect(forms.map(({ message: text }) => text)).toEqual([
        'Money goes back to the customer.\nTool: refund\namount: 120\norder: "o-17"\nbank.iban: "DE02"',
      ]);
      expect(ran).toEqual(['refund 120 for o-17 by alice']);
      await client.close();
    });

    it('is on the audit log before the call, with who decided, and without what was shown', async () => {
      const client = await asking(era, yes);
      await client.callTool({ name: 'refund', arguments: INPUT });
      const records = app.auditLog.decisions;
      expect(records.map(({ type, outcome }) => `${type} ${outcome}`)).toEqual([
        'approval.requested ok',
        'approval.decided ok',
        'execution.intent started',
        'execution.outcome ok',
      ]);
      expect(new Set(records.map(one => one.approval_id)).size).toBe(1);
      for (const one of records) expect(one).toMatchObject({ actor_sub: 'alice', handler: 'refund' });
      expect(records[0]!.approval_id).toMatch(/^[\w-]{32}$/);
      expect(JSON.stringify(records)).not.toMatch(/o-17|amount|DE02|Money/);
      await client.close();
    });

    it.each<[how: string, answer: unknown]>([
      ['declines', { action: 'decline' }],
      ['cancels', { action: 'cancel' }],
      ['says no', { action: 'accept', content: { approve: false } }],
    ])('runs nothing when the user %s', async (_how, answer) => {
      const client = await asking(era, () => answer);
      const { isError, structuredContent } = await client.callTool({ name: 'refund', arguments: INPUT });
      expect([isError, structuredContent]).toEqual([
        true,
        { code: 'approval_denied', approval_id: expect.any(String) },
      ]);
      expect(ran).toEqual([]);
      expect(app.auditLog.decisions.map(({ type, outcome, reason }) => [type, outcome, reason])).toEqual([
        ['approval.requested', 'ok', null],
        ['approval.decided', 'refused', 'approval_denied'],
      ]);
      await client.close();
    });
  });

  it.each(ERAS)('counts for all rounds of a call whose tool asks for more, by a client of %s', async era => {
    const forms: string[] = [];
    const client = await asking(era, form => {
      forms.push(form.message.split('\n')[0]!);
      return { action: 'accept', content: form.message.startsWith('A note') ? { note: 'soon' } : { approve: true } };
    });
    expect((await client.callTool({ name: 'order_again', arguments: {} })).content).toEqual([
      { type: 'text', text: 'ordered' },
    ]);
    expect(forms).toEqual(['The order is placed once more.', 'A note?']);
    expect(ran).toEqual(['asked for more', 'ordered']);
    const intents = app.auditLog.events.filter(({ type }) => type === 'execution.intent');
    expect(new Set(intents.map(one => one.approval_id)).size).toBe(1);
    expect(intents).toHaveLength(2);
    await client.close();
  });

  it.each<[what: string, response: object]>([
    ['nothing', {}],
    ['an acceptance without a word', { approve: { action: 'accept', content: {} } }],
    ['a yes that is a text', { approve: { action: 'accept', content: { approve: 'true' } } }],
    ['a yes under another name', { confirm: { action: 'accept', content: { approve: true } } }],
    ['a yes that was declined', { approve: { action: 'decline', content: { approve: true } } }],
  ])('is not given by %s', async (_what, inputResponses) => {
    const { requestState } = (await call('refund')).result;
    const { result } = await call('refund', INPUT, {}, { requestState, inputResponses });
    expect(result?.isError).toBe(true);
    expect(ran).toEqual([]);
  });

  it('asked by a client is for these arguments, once, by this principal, and until it expires', async () => {
    const approve = { approve: yes() };
    const ask = async () => ({ requestState: (await call('refund')).result.requestState, inputResponses: approve });
    const more = { ...INPUT, amount: 1200 };
    expect((await call('refund', more, {}, await ask())).result.structuredContent).toEqual({
      code: 'approval_unknown',
      approval_id: expect.any(String),
    });
    expect(app.auditLog.last('authorization.refused')).toMatchObject({
      reason: 'approval_unknown',
      approval_id: app.auditLog.last('approval.requested').approval_id,
    });
    for (const by of [{ sub: 'user-0' }, { clientId: 'assistant' }, { claims: { act: { sub: 'agent-other' } } }])
      expect((await call('refund', INPUT, by, await ask())).error).toBeDefined();
    const late = await ask();
    now += 600_000;
    expect((await call('refund', INPUT, {}, late)).error).toBeDefined();
    expect(ran).toEqual([]);
    const good = await ask();
    expect((await call('refund', INPUT, {}, good)).result.content).toEqual([{ type: 'text', text: 'refunded o-17' }]);
    expect((await call('refund', INPUT, {}, good)).error).toBeDefined();
    expect(app.auditLog.last('authorization.refused')).toMatchObject({ reason: 'approval_unknown', handler: 'refund' });
    expect(ran).toHaveLength(1);
  });

  it('cannot be made to look like another one by what the model writes', async () => {
    const { inputRequests } = (await call('refund', { ...INPUT, order: 'o-1\namount: 1\u202e' })).result;
    expect(inputRequests.approve.params.message.split('\n')).toEqual([
      'Money goes back to the customer.',
      'Tool: refund',
      'amount: 120',
      'order: "o-1\\namount: 1\\u{202e}"',
      'bank.iban: "DE02"',
    ]);
    const long = (await call('refund', { ...INPUT, order: 'x'.repeat(10_000) })).result;
    expect(long.inputRequests.approve.params.message).toContain('… (9502 characters more)');
  });

  it('leaves the tool listed for a client that cannot ask, whose call is told why and what to do', async () => {
    for (const capabilities of [{}, { elicitation: { url: {} } }]) {
      const list = message('2026-07-28', 'tools/list', {}, 1, capabilities);
      const { messages } = await send(app.url, token(), '2026-07-28', list);
      expect(messages[0].result.tools.map(({ name }: { name: string }) => name)).toContain('refund');
      const body = message('2026-07-28', 'tools/call', { name: 'refund', arguments: INPUT }, 1, capabilities);
      const { result } = (await send(app.url, token(), '2026-07-28', body)).messages[0];
      expect(result).toMatchObject({ isError: true, structuredContent: { code: 'approval_unaskable' } });
      expect(result.content[0].text).toContain('elicitation');
    }
    expect(ran).toEqual([]);
    expect(app.auditLog.last('authorization.refused')).toMatchObject({
      reason: 'approval_unaskable',
      handler: 'refund',
    });
  });

  describe('by another user,', () => {
    it('waits where that user sees it, and lets the call run once when it comes again', async () => {
      const { result } = await call('transfer');
      const { approval_id: id } = result.structuredContent;
      expect(result).toMatchObject({ isError: true, structuredContent: { code: 'approval_required' } });
      expect(await pending()).toEqual([
        {
          id,
          user: 'alice',
          client: 'desk-copilot',
          agents: ['agent-desk-copilot'],
          tool: 'transfer',
          reason: 'Money leaves the shop.',
          shown: [
            { field: 'amount', value: '120' },
            { field: 'order', value: '"o-17"' },
          ],
          requestedAt: Math.floor(now / 1000),
          expiresAt: Math.floor(now / 1000) + 3600,
        },
      ]);
      expect((await call('transfer')).result.structuredContent).toEqual({ code: 'approval_required', approval_id: id });
      expect((await decide(id, 'approve')).status).toBe(201);
      expect(await pending()).toEqual([]);
      expect((await call('transfer')).result.content).toEqual([{ type: 'text', text: 'transferred o-17' }]);
      expect(ran).toEqual(['transfer for o-17']);
      const next = (await call('transfer')).result.structuredContent;
      expect(next).toEqual({ code: 'approval_required', approval_id: expect.any(String) });
      expect(next.approval_id).not.toBe(id);
      expect(ran).toHaveLength(1);
      expect(app.auditLog.last('approval.decided')).toMatchObject({
        actor_sub: 'user-0',
        outcome: 'ok',
        handler: 'transfer',
        approval_id: id,
      });
      expect(
        app.auditLog.events.find(one => one.type === 'execution.intent' && one.handler === 'transfer'),
      ).toMatchObject({ actor_sub: 'alice', approval_id: id });
    });

    it('is refused for as long as it could have been used, once that user has said no', async () => {
      const { approval_id: id } = (await call('transfer')).result.structuredContent;
      expect((await decide(id, 'deny')).status).toBe(201);
      for (let i = 0; i < 2; i++)
        expect((await call('transfer')).result.structuredContent).toEqual({ code: 'approval_denied', approval_id: id });
      expect((await decide(id, 'approve')).status).toBe(404);
      now += 3_600_000;
      expect((await call('transfer')).result.structuredContent.code).toBe('approval_required');
      expect(ran).toEqual([]);
    });

    it.each<[who: string, by: Parameters<World['userToken']>[0], status: number]>([
      ['the user of the call', { clientId: 'assistant' }, 403],
      ['another user through the client of the call', { sub: 'user-0' }, 403],
      ['another user through its agent', { ...CAROL, claims: { act: { sub: 'agent-desk-copilot' } } }, 403],
      ['a user of another tenant', { ...CAROL, claims: { tenant: 'globex' } }, 404],
    ])('is not the word of %s', async (_who, by, status) => {
      const { approval_id: id } = (await call('transfer')).result.structuredContent;
      expect(await pending(by)).toEqual([]);
      for (const what of ['approve', 'deny'] as const) expect((await decide(id, what, by)).status).toBe(status);
      expect((await call('transfer')).result.structuredContent.code).toBe('approval_required');
      expect(app.auditLog.events.filter(one => one.type === 'approval.decided')).toEqual([]);
      expect(ran).toEqual([]);
    });

    it.each<[what: string, again: () => Promise<any>]>([
      ['other arguments', () => call('transfer', { ...INPUT, amount: 121 })],
      ['an argument less', () => call('transfer', { order: 'o-17', amount: 120 })],
      ['another tool', () => call('close_account', {})],
      ['another user', () => call('transfer', INPUT, { sub: 'user-0' })],
      ['another tenant', () => call('transfer', INPUT, { claims: { tenant: 'globex' } })],
      ['another client', () => call('transfer', INPUT, { clientId: 'assistant' })],
      ['another agent', () => call('transfer', INPUT, { claims: { act: { sub: 'agent-other' } } })],
    ])('is of no use for %s', async (_what, again) => {
      const { approval_id: id } = (await call('transfer')).result.structuredContent;
      await decide(id, 'approve');
      expect((await again()).result.structuredContent.code).toBe('approval_required');
      expect(ran).toEqual([]);
      expect((await call('transfer')).result.content).toEqual([{ type: 'text', text: 'transferred o-17' }]);
    });

    it('is the same for the same arguments in another order, and of no use once it has expired', async () => {
      const { approval_id: id } = (await call('transfer')).result.structuredContent;
      await decide(id, 'approve');
      now += 3_600_000;
      expect((await call('transfer')).result.structuredContent.code).toBe('approval_required');
      const next = (await call('transfer')).result.structuredContent.approval_id;
      await decide(next, 'approve');
      const { order, amount, bank } = INPUT;
      expect((await call('transfer', { bank, amount, order })).result.content[0].text).toBe('transferred o-17');
    });

    it('lets one of many calls at the same time run', async () => {
      const { approval_id: id } = (await call('transfer')).result.structuredContent;
      await decide(id, 'approve');
      await Promise.all(Array.from({ length: 20 }, () => call('transfer')));
      expect(ran).toHaveLength(1);
    });
  });

  it('by the user elsewhere needs another client of the same user', async () => {
    const { approval_id: id } = (await call('close_account', {})).result.structuredContent;
    expect((await decide(id, 'approve')).status).toBe(403);
    expect((await decide(id, 'approve', {})).status).toBe(403);
    expect((await decide(id, 'approve', { clientId: 'assistant' })).status).toBe(201);
    expect((await call('close_account', {})).result.content[0].text).toBe('closed');
  });
});
