import { inputRequired } from '@modelcontextprotocol/server';
import {
  EncryptedRequestStateStore,
  type ExecutionIdentityEnvelope,
  Identity,
  MemoryApprovalStore,
  RequireApproval,
  RequireScopes,
} from 'nestjs-eie';
import { EieMcpModule, Tool, ToolCall, ToolController } from 'nestjs-eie/mcp';
import { startApp, type TestApp } from '../support/app.js';
import { message, send } from '../support/mcp-messages.js';
import { startWorld, type World } from '../support/world.js';

const ERA = '2026-07-28';
const YES = { approve: { action: 'accept', content: { approve: true } } };
const NOTE = inputRequired.elicit({
  message: 'A note?',
  requestedSchema: { type: 'object', properties: { note: { type: 'string' } } },
});

let ran: string[] = [];

@ToolController()
@RequireScopes('orders:write')
class Vouchers {
  @Tool({ name: 'pay' })
  @RequireApproval({ reason: 'A voucher.' })
  pay(@ToolCall() call: ToolCall, @Identity() { approval }: ExecutionIdentityEnvelope) {
    const { round } = call.state<{ round: number }>() ?? { round: 1 };
    if (round < 3) return call.requestInput({ note: NOTE }, { round: round + 1 });
    ran.push(`voucher, by ${approval?.by}`);
    return 'paid';
  }

  @Tool({ name: 'close' })
  @RequireApproval({ reason: 'A voucher is closed.', by: 'self' })
  close() {
    ran.push('voucher closed');
  }
}

@ToolController()
@RequireScopes('orders:write')
class Money {
  @Tool({ name: 'pay' })
  @RequireApproval({ reason: 'Money.', by: 'another' })
  pay() {
    ran.push('money');
  }

  @Tool({ name: 'close' })
  @RequireApproval({ reason: 'The account is closed.', by: 'self' })
  close() {
    ran.push('account closed');
  }
}

describe('one approval runs one call of one tool', () => {
  let world: World;
  let one: TestApp;
  let other: TestApp;
  let approvals: MemoryApprovalStore;

  /** A process, of which others share what a database would keep. Everything else is its own. */
  const start = () =>
    startApp(world, {
      providers: [Vouchers, Money],
      imports: [
        EieMcpModule.register({ path: 'mcp', name: 'vouchers', version: '1.0.0', include: [Vouchers] }),
        EieMcpModule.register({ path: 'money', name: 'money', version: '1.0.0', include: [Money] }),
      ],
      options: { ports: { approvals, requestState: new EncryptedRequestStateStore('k'.repeat(32)) } },
    });

  beforeAll(async () => {
    world = await startWorld();
    approvals = new MemoryApprovalStore();
    [one, other] = await Promise.all([start(), start()]);
  });
  afterAll(async () => {
    await Promise.all([one?.close(), other?.close()]);
    await world?.close();
  });
  beforeEach(() => void (ran = []));

  const call = async (at: TestApp, round = {}, { name = 'pay', path = '/mcp' } = {}) => {
    const body = message(ERA, 'tools/call', { name, arguments: {}, ...round }, 1, { elicitation: {} });
    return (await send(at.url, world.userToken({ scope: 'orders:write' }), ERA, body, { path })).messages[0];
  };
  const answered = ({ result }: { result: { requestState: string } }, inputResponses: object = {}) => ({
    requestState: result.requestState,
    inputResponses,
  });
  const secondRound = async () => answered(await call(one, answered(await call(one), YES)));
  const thirdRound = async () => answered(await call(one, await secondRound()));

  it('in each of its rounds, although processes share nothing but the approvals and the key of the states', async () => {
    const last = await thirdRound();
    for (const { auditLog } of [one, other]) auditLog.events.length = 0;
    const answers = await Promise.all([one, other, one, other].map(at => call(at, last)));
    expect(answers.filter(({ result }) => result?.content?.[0].text === 'paid')).toHaveLength(1);
    expect(ran).toEqual(['voucher, by client']);
    const refused = [one, other].flatMap(({ auditLog }) =>
      auditLog.events.filter(({ outcome }) => outcome === 'refused'),
    );
    expect(refused.map(({ reason, handler }) => [reason, handler])).toEqual(
      Array.from({ length: 3 }, () => ['approval_unknown', 'pay']),
    );
  });

  it('so a round before the last cannot be played again in another process', async () => {
    const second = await secondRound();
    expect((await call(one, second)).result.requestState).toEqual(expect.any(String));
    expect((await call(other, second)).result.structuredContent).toEqual({
      code: 'approval_unknown',
      approval_id: expect.any(String),
    });
  });

  it('and leaves nothing in the store when it is over', async () => {
    const pending = async () =>
      (await approvals.pending(world.issuer, 'acme', Math.floor(Date.now() / 1000))).map(({ id }) => id);
    const before = await pending();
    const used = await thirdRound();
    await call(other, used);
    expect(ran).toEqual(['voucher, by client']);
    expect(await pending()).toEqual(before);
  });

  it.each([1, 2, 3])(
    'and no tool of its name on another route, with what the client has after round %i',
    async round => {
      const asked = await call(one);
      const brought = [async () => answered(asked, YES), secondRound, thirdRound][round - 1]!;
      const { result, error } = await call(one, await brought(), { path: '/money' });
      expect(error ?? result.structuredContent).toBeDefined();
      expect(ran).toEqual([]);
    },
  );

  it('and none on another route where it was given elsewhere', async () => {
    const id = async (path: string) =>
      (await call(one, {}, { name: 'close', path })).result.structuredContent?.approval_id as string | undefined;
    const asked = await id('/mcp');
    const now = Math.floor(Date.now() / 1000);
    await approvals.decide(asked!, { approved: true, issuer: world.issuer, sub: 'alice', at: now }, now);
    expect(await id('/money')).toEqual(expect.any(String));
    expect(ran).toEqual([]);
    await call(one, {}, { name: 'close' });
    expect(ran).toEqual(['voucher closed']);
  });
});
