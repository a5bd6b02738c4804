import { ForbiddenException } from '@nestjs/common';
import { IsInt } from 'class-validator';
import { RequireScopes } from 'nestjs-eie';
import { Prompt, Resource, Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { ADAPTERS, type Era, ERAS, startMcpApp, type TestApp } from '../support/app.js';
import { headersFor, message, send, type Sending } from '../support/mcp-messages.js';
import { startWorld, type World } from '../support/world.js';

class Amount {
  @IsInt()
  amount: number;
}

let ran: string[];

@ToolController()
@RequireScopes('orders:read')
class Tools {
  @Tool({ name: 'read' })
  read(@ToolInput() { amount }: Amount) {
    ran.push('read');
    if (amount < 0) throw new ForbiddenException('A debt cannot be read');
    return amount;
  }

  @Tool({ name: 'write' })
  @RequireScopes('orders:write')
  write() {
    ran.push('write');
  }

  @Resource({ uri: 'shop://secret', name: 'secret' })
  @RequireScopes('ledger:read')
  secret() {
    ran.push('secret');
  }

  @Prompt({ name: 'read' })
  @RequireScopes('ledger:read')
  prompt() {
    ran.push('prompt');
  }
}

const call = (era: Era, name: unknown, args: object = {}, id: number | string = 1) =>
  message(era, 'tools/call', { name, arguments: args }, id);

describe.each(ADAPTERS)('on %s', adapter => {
  let world: World;
  let app: TestApp;
  beforeAll(async () => {
    world = await startWorld();
    app = await startMcpApp(world, { adapter, providers: [Tools] });
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });
  beforeEach(() => {
    ran = [];
    app.auditLog.events.length = 0;
  });

  const post = (
    era: Era,
    body: ReturnType<typeof call> | ReturnType<typeof call>[],
    sending: Sending = {},
    scope = 'orders:read',
  ) => send(app.url, world.userToken({ scope }), era, body, sending);
  const records = () =>
    app.auditLog.events.map(({ type, handler, reason }) =>
      [type, handler, reason].filter(part => part !== null).join(' '),
    );

  describe.each(ERAS)('a call of a client of %s', era => {
    it.each([
      [
        'that is allowed',
        'orders:read',
        call(era, 'read', { amount: 1 }),
        ['execution.intent read', 'execution.outcome read'],
      ],
      [
        'that fails',
        'orders:read',
        call(era, 'read', { amount: -1 }),
        ['execution.intent read', 'execution.outcome read http_403'],
      ],
      [
        'with input that does not fit',
        'orders:read',
        call(era, 'read', { amount: 'much' }),
        ['input.refused read input_invalid'],
      ],
      ['without the scope', 'orders:read', call(era, 'write'), ['authorization.refused write insufficient_scope']],
      [
        'without the scope, and with input that does not fit',
        'billing:read',
        call(era, 'read', { amount: 'much' }),
        ['authorization.refused read insufficient_scope'],
      ],
      [
        'of a resource without the scope',
        'orders:read',
        message(era, 'resources/read', { uri: 'shop://secret' }),
        ['authorization.refused resource:secret insufficient_scope'],
      ],
      [
        'of a prompt without the scope, named as a tool that is allowed',
        'orders:read',
        message(era, 'prompts/get', { name: 'read' }),
        ['authorization.refused prompt:read insufficient_scope'],
      ],
      ['of a tool that is not there', 'orders:read', call(era, 'nothing'), ['mcp.refused handler_unknown']],
      [
        'of a prompt that is not there',
        'orders:read',
        message(era, 'prompts/get', { name: 'nothing' }),
        ['mcp.refused handler_unknown'],
      ],
      [
        'of a resource that is not there',
        'orders:read',
        message(era, 'resources/read', { uri: 'shop://nothing' }),
        ['mcp.refused handler_unknown'],
      ],
      ['that lists', 'orders:read', message(era, 'tools/list'), ['mcp.request mcp:tools/list']],
    ])('%s leaves exactly the records of what was decided', async (_what, scope, body, expected) => {
      await post(era, body, {}, scope);
      expect(records()).toEqual(expected);
    });

    it.each<[header: string, value: string]>([
      ['mcp-name', 'read'],
      ['mcp-method', 'tools/list'],
      ['mcp-method', 'initialize'],
    ])('to a tool it may not use is not helped by the header %s: %s', async (header, value) => {
      const { status } = await post(era, call(era, 'write'), { headers: { [header]: value } });
      expect(status).toBe(era === '2025-11-25' ? 403 : 400);
      expect(ran).toEqual([]);
      expect(records()).toEqual([
        era === '2025-11-25' ? 'authorization.refused write insufficient_scope' : 'mcp.refused jsonrpc_-32020',
      ]);
    });

    it('that names its tool twice is decided for the one that would run', async () => {
      const twice = JSON.stringify(call(era, 'write')).replace('"name":"write"', '"name":"read","name":"write"');
      const headers = { authorization: `Bearer ${world.userToken()}`, ...headersFor(era, call(era, 'write')) };
      expect((await fetch(`${app.url}/mcp`, { method: 'POST', headers, body: twice })).status).toBe(403);
      expect(ran).toEqual([]);
      expect(records()).toEqual(['authorization.refused write insufficient_scope']);
    });
  });

  describe('of a batch of the 2025 era', () => {
    const era = '2025-11-25';

    it('each member is decided by itself, and gets an envelope and records of its own', async () => {
      const { status, messages } = await post(era, [
        call(era, 'read', { amount: 1 }, 'a'),
        call(era, 'read', { amount: 'much' }, 'b'),
        call(era, 'read', { amount: -1 }, 'c'),
      ]);
      expect(status).toBe(200);
      const byId = Object.fromEntries(messages.map(({ id, result }) => [id, result.isError ?? false]));
      expect(byId).toEqual({ a: false, b: true, c: true });
      expect(records().sort()).toEqual([
        'execution.intent read',
        'execution.intent read',
        'execution.outcome read',
        'execution.outcome read http_403',
        'input.refused read input_invalid',
      ]);
      const envelopes = app.auditLog.events
        .filter(event => event.type === 'execution.intent')
        .map(event => event.envelope_id);
      expect(new Set(envelopes).size).toBe(2);
    });

    it.each([
      ['first', [call(era, 'write', {}, 1), call(era, 'read', { amount: 1 }, 2)]],
      ['last', [call(era, 'read', { amount: 1 }, 1), call(era, 'write', {}, 2)]],
      ['under the id of another', [call(era, 'write', {}, 1), call(era, 'read', { amount: 1 }, 1)]],
      [
        'a resource',
        [call(era, 'read', { amount: 1 }, 1), message(era, 'resources/read', { uri: 'shop://secret' }, 2)],
      ],
      ['a prompt', [call(era, 'read', { amount: 1 }, 1), message(era, 'prompts/get', { name: 'read' }, 2)]],
    ])('nothing runs when a member is refused, and that is one record: %s', async (_where, batch) => {
      expect((await post(era, batch)).status).toBe(403);
      expect(ran).toEqual([]);
      expect(app.auditLog.types()).toEqual(['authorization.refused']);
    });

    it('a decision made for one tool starts no other, although both have one id', async () => {
      await post(era, [call(era, 'write', {}, 1), call(era, 'read', { amount: 1 }, 1)], {}, 'orders:read orders:write');
      const started = app.auditLog.events
        .filter(event => event.type === 'execution.intent')
        .map(event => event.handler);
      expect(ran.sort()).toEqual(started.sort());
    });
  });
});
