import { inputRequired } from '@modelcontextprotocol/server';
import { IsInt } from 'class-validator';
import { type PolicyEngine, RequireApproval, RequireLogin, RequireScopes } from 'nestjs-eie';
import { EieMcpModule, Tool, ToolCall, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { ERAS, startApp, type TestApp } from '../support/app.js';
import { connectAsking } from '../support/asking-client.js';
import { startWorld, type World } from '../support/world.js';

class Payment {
  @IsInt()
  amount: number;
}

let ran: string[] = [];

@ToolController()
@RequireScopes('orders:write')
@RequireLogin({ maxAge: 30 })
class Tools {
  @Tool({ name: 'pay' })
  @RequireApproval({ reason: 'Money leaves the shop.', show: ['amount'] })
  pay(@ToolInput() _input: Payment) {
    ran.push('paid');
    return 'paid';
  }

  @Tool({ name: 'pay_by_limit', policyArguments: ['amount'] })
  @RequireApproval({ reason: 'Money leaves the shop.', show: ['amount'] })
  byLimit(@ToolInput() _input: Payment) {
    ran.push('paid');
    return 'paid';
  }

  @Tool({ name: 'order' })
  order(@ToolInput() _input: Payment, @ToolCall() call: ToolCall) {
    if (Object.keys(call.inputResponses).length) {
      ran.push('ordered');
      return 'ordered';
    }
    const requestedSchema = { type: 'object' as const, properties: { approve: { type: 'boolean' as const } } };
    return call.requestInput({ sure: inputRequired.elicit({ message: 'Sure?', requestedSchema }) });
  }
}

describe.each(ERAS)('a call that comes back after its user was asked, by a client of %s,', era => {
  let world: World;
  let app: TestApp;
  let now: number;
  let scope: string;
  let isDenied: boolean;

  const policy: PolicyEngine = { allows: async () => !isDenied };

  beforeAll(async () => {
    now = Date.now();
    world = await startWorld();
    app = await startApp(world, {
      providers: [Tools],
      imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0', sessions: true })],
      options: { ports: { clock: () => now, policy } },
    });
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });
  beforeEach(() => {
    now = Date.now();
    scope = 'orders:read orders:write';
    isDenied = false;
    ran = [];
    app.auditLog.events.length = 0;
  });

  async function call(name: string, meanwhile: () => void): Promise<void> {
    const token = () => world.userToken({ scope, expiresIn: 300 });
    const client = await connectAsking(`${app.url}/mcp`, token, era, () => {
      meanwhile();
      return { action: 'accept', content: { approve: true } };
    });
    // A refusal is a result or an error, as the protocol has it.
    await client.callTool({ name, arguments: { amount: 5 } }).catch(() => undefined);
    await client.close();
  }

  describe.each(['pay', 'pay_by_limit', 'order'])('of the tool %s,', name => {
    it.each<[what: string, meanwhile: () => void, reason: string]>([
      ['its policy denies it by now', () => (isDenied = true), 'policy_denied'],
      ['the login is too old by now', () => (now += 120_000), 'insufficient_login'],
      ['the answer comes by a token without the scope', () => (scope = 'orders:read'), 'insufficient_scope'],
    ])('does not run when %s', async (_what, meanwhile, reason) => {
      await call(name, meanwhile);
      expect(ran).toEqual([]);
      expect(app.auditLog.last('authorization.refused')).toMatchObject({ reason, handler: name, actor_sub: 'alice' });
      expect(app.auditLog.types()).not.toContain('approval.decided');
    });

    it('runs when nothing has changed', async () => {
      await call(name, () => undefined);
      expect(ran).toHaveLength(1);
    });
  });
});
