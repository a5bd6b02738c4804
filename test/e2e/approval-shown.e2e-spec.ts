import { applyDecorators } from '@nestjs/common';
import { Transform, Type } from 'class-transformer';
import { Allow, IsArray, IsDate, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import { DataSubject, MemoryApprovalStore, RequireApproval, RequireScopes } from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { startApp, type TestApp } from '../support/app.js';
import { message, send } from '../support/mcp-messages.js';
import { startWorld, type World } from '../support/world.js';

const limits = { max: 100 };
let ran: unknown[] = [];

class Recipients {
  @IsString({ each: true })
  @Type(() => String)
  to: Set<string>;
}

class Hidden {
  #amount = 0;

  @IsInt()
  get amount(): number {
    return this.#amount;
  }
  set amount(value: number) {
    this.#amount = value;
  }
}

class ShownMoney {
  #cents: number;

  constructor(cents: number) {
    this.#cents = cents;
  }

  cents(): number {
    return this.#cents;
  }
}

class Priced {
  @ValidateNested()
  @Type(() => Hidden)
  money: Hidden;
}

/** What the application makes of what the model has sent. */
const Made = (make: (value: never) => unknown) =>
  applyDecorators(
    Allow(),
    IsOptional(),
    DataSubject({ reason: 'It may hold anything.', freeForm: true }),
    Transform(({ value }) => (value === undefined ? undefined : make(value as never))),
  );

class Makings {
  @Made(value => new ShownMoney(value))
  money?: unknown;

  @Made((value: object) => new Map(Object.entries(value)))
  map?: unknown;

  @Made((value: number) => BigInt(value))
  big?: unknown;

  @Made((value: number) => value / 0)
  quotient?: unknown;

  @Made(value => ({ amount: value, toJSON: () => 1 }))
  chosen?: unknown;

  @Made(value => Object.defineProperty({}, 'amount', { enumerable: true, get: () => value as number }))
  computed?: unknown;

  @Made(value => Object.defineProperty({ a: 1 }, 'amount', { value }))
  unlisted?: unknown;

  @Made(value => [value, undefined])
  gap?: unknown;

  @Made(value => Object.assign([1], { amount: value }))
  tagged?: unknown;
}

class ShownLine {
  @IsString()
  sku: string;

  @IsOptional()
  @IsInt()
  count?: number;
}

class Order {
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ShownLine)
  lines: ShownLine[];

  @IsDate()
  @Type(() => Date)
  due: Date;

  @IsOptional()
  @IsString()
  @Transform(({ value }) => (value as string | undefined)?.trim())
  note?: string;
}

class Capped {
  @IsInt()
  @Transform(({ value }) => ((value as number) === 0 ? limits.max : (value as number)))
  amount: number;
}

const reason = 'Money leaves the shop.';
const MADE = ['money', 'map', 'big', 'quotient', 'chosen', 'computed', 'unlisted', 'gap', 'tagged'];

@ToolController()
@RequireScopes('orders:write')
class Tools {
  @Tool({ name: 'send_all' })
  @RequireApproval({ reason, show: ['to'] })
  sendAll(@ToolInput() input: Recipients) {
    ran.push(input);
  }

  @Tool({ name: 'pay' })
  @RequireApproval({ reason, show: ['amount'] })
  pay(@ToolInput() input: Hidden) {
    ran.push(input);
  }

  @Tool({ name: 'price' })
  @RequireApproval({ reason, show: ['money'] })
  price(@ToolInput() input: Priced) {
    ran.push(input);
  }

  @Tool({ name: 'price_of' })
  @RequireApproval({ reason, show: ['money.amount'] })
  priceOf(@ToolInput() input: Priced) {
    ran.push(input);
  }

  @Tool({ name: 'make' })
  @RequireApproval({ reason, show: MADE })
  make(@ToolInput() input: Makings) {
    ran.push(input);
  }

  @Tool({ name: 'order' })
  @RequireApproval({ reason, show: ['lines', 'due', 'note'] })
  order(@ToolInput() input: Order) {
    ran.push(input);
  }

  @Tool({ name: 'transfer' })
  @RequireApproval({ reason, show: ['amount'] })
  transfer(@ToolInput() { amount }: Capped) {
    ran.push(amount);
  }

  @Tool({ name: 'transfer_later' })
  @RequireApproval({ reason, show: ['amount'], by: 'another' })
  transferLater(@ToolInput() { amount }: Capped) {
    ran.push(amount);
  }
}

describe('what an approver is shown', () => {
  let world: World;
  let app: TestApp;
  const store = new MemoryApprovalStore();

  beforeAll(async () => {
    world = await startWorld();
    app = await startApp(world, {
      providers: [Tools],
      imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' })],
      options: { ports: { approvals: store } },
    });
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });
  beforeEach(() => {
    ran = [];
    limits.max = 100;
  });

  const call = async (name: string, args: object, more: object = {}) => {
    const token = world.userToken({ scope: 'orders:write' });
    const body = message('2026-07-28', 'tools/call', { name, arguments: args, ...more }, 1, { elicitation: {} });
    return (await send(app.url, token, '2026-07-28', body)).messages[0].result;
  };
  const inputResponses = { approve: { action: 'accept', content: { approve: true } } };

  it.each<[what: string, tool: string, args: object]>([
    ['a set', 'send_all', { to: ['mallory', 'eve'] }],
    ['a field behind an accessor', 'pay', { amount: 9999 }],
    ['an object whose field is behind an accessor', 'price', { money: { amount: 777 } }],
    ['a field of such an object', 'price_of', { money: { amount: 777 } }],
    ['an object with a private field', 'make', { money: 777 }],
    ['a map', 'make', { map: { amount: 777 } }],
    ['a number that is none of JSON', 'make', { big: 777 }],
    ['an infinite number', 'make', { quotient: 777 }],
    ['an object that chooses its JSON', 'make', { chosen: 777 }],
    ['a value that is computed when it is read', 'make', { computed: 777 }],
    ['an object with a field that is not listed', 'make', { unlisted: 777 }],
    ['a list with a gap', 'make', { gap: 777 }],
    ['a list with a field of its own', 'make', { tagged: 777 }],
  ])('is all of what the tool gets: nobody is asked about %s', async (_what, tool, args) => {
    const result = await call(tool, args);
    expect(result).toMatchObject({ isError: true, structuredContent: { code: 'input_invalid' } });
    expect(result.requestState).toBeUndefined();
    expect(app.auditLog.last('authorization.refused')).toMatchObject({ reason: 'input_invalid', handler: tool });
    expect(ran).toEqual([]);
  });

  it('is what the tool gets of nested lists, objects, times and changed texts', async () => {
    const args = { lines: [{ sku: 'a', count: 2 }, { sku: 'b' }], due: '2026-11-28T10:00:00Z', note: ' soon ' };
    const { inputRequests, requestState } = await call('order', args);
    expect(inputRequests.approve.params.message.split('\n').slice(2)).toEqual([
      'lines: [{"count":2,"sku":"a"},{"sku":"b"}]',
      'due: "2026-11-28T10:00:00.000Z"',
      'note: "soon"',
    ]);
    await call('order', args, { requestState, inputResponses });
    expect(ran).toEqual([expect.objectContaining({ note: 'soon', due: new Date('2026-11-28T10:00:00Z') })]);
  });

  it('is what runs: an approval of 100 is of no use when the server would make 1,000,000 of the same arguments', async () => {
    const { inputRequests, requestState } = await call('transfer', { amount: 0 });
    expect(inputRequests.approve.params.message).toContain('amount: 100');
    limits.max = 1_000_000;
    expect(await call('transfer', { amount: 0 }, { requestState, inputResponses })).toMatchObject({
      isError: true,
      structuredContent: { code: 'approval_unknown' },
    });
    expect(ran).toEqual([]);
  });

  it('is what runs after another person has decided, too: what changed since is a new question', async () => {
    const idOf = async (): Promise<string> =>
      (await call('transfer_later', { amount: 0 })).structuredContent.approval_id;
    const id = await idOf();
    const now = Math.floor(Date.now() / 1000);
    const { issuer } = world.issuerOptions();
    await store.decide(id, { approved: true, issuer, sub: 'user-0', at: now }, now);
    limits.max = 1_000_000;
    const next = await idOf();
    expect(next).not.toBe(id);
    expect((await store.find(next, now))?.shown).toEqual([{ field: 'amount', value: '1000000' }]);
    expect(ran).toEqual([]);
    limits.max = 100;
    await call('transfer_later', { amount: 0 });
    expect(ran).toEqual([100]);
  });
});
