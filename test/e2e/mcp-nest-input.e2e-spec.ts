import { createHash } from 'node:crypto';
import { Payload } from '@nestjs/microservices';
import { type Client } from '@modelcontextprotocol/client';
import { McpController, Prompt, ResourceTemplate, Tool } from '@rekog/mcp-nest';
import { Authenticated, DataSubject, Identity, Posture } from 'nestjs-eie';
import { canonicalJson } from 'execution-identity/internal';
import { z } from 'zod';
import { callTool, connect, ERAS, type TestApp } from '../support/app.js';
import { postureProblems } from '../support/posture-schema.js';
import { startWorld, type World } from '../support/world.js';
import { startMcpNest } from '../mcp-nest/mcp-nest-app.js';

const reason = 'The customer whose order is refunded.';
const Refund = z.object({
  customer: z.object({ userId: z.string() }),
  labels: z.record(z.string(), z.string()).optional(),
});
const TEXT = { type: 'string' } as const;
const canonical = (value: unknown): string => canonicalJson(value, 64)!;
const user = (sub: string) => ({
  messages: [{ role: 'user' as const, content: { type: 'text' as const, text: sub } }],
});

@McpController()
@Authenticated()
class Undeclared {
  @Tool({ name: 'refund', description: 'user_id: whom it is for', parameters: Refund })
  refund() {}

  @Tool({ name: 'anything', parameters: z.looseObject({ id: z.string() }) })
  anything() {}

  @Tool({ name: 'dated', parameters: z.object({ on: z.date() }) })
  dated() {}

  @Prompt({ name: 'greet', description: 'Greets', parameters: z.object({ tenant: z.string() }) })
  greet() {}

  @ResourceTemplate({ name: 'orders', uriTemplate: 'shop://{userId}/orders{?on_behalf_of}' })
  orders() {}
}

let ran: unknown[];

@McpController()
@Authenticated()
class Declared {
  @Tool({ name: 'refund', parameters: Refund })
  @DataSubject({ fields: ['customer.userId'], reason })
  @DataSubject({ fields: ['labels'], reason: 'What is printed on the parcel.', freeForm: true })
  refund(@Payload() input: object, @Identity('actor.sub') sub: string) {
    ran.push(input);
    return sub;
  }

  @Tool({
    name: 'order_status',
    parameters: z.object({ lines: z.array(z.object({ sku: z.string() })) }),
    annotations: { readOnlyHint: true },
  })
  status() {}

  @Tool({
    name: 'label',
    parameters: { type: 'object', properties: { lines: { type: 'array', prefixItems: [TEXT] } } },
  })
  label(@Payload() input: object, @Identity('actor.sub') sub: string) {
    ran.push(input);
    return sub;
  }

  @Tool({ name: 'note', parameters: z.object({ note: z.coerce.string() }) })
  note(@Payload() input: object, @Identity('actor.sub') sub: string) {
    ran.push(input);
    return sub;
  }

  @Prompt({ name: 'greet', description: 'Greets', parameters: z.object({ tone: z.string().optional() }) })
  greet(@Payload() input: object, @Identity('actor.sub') sub: string) {
    ran.push(input);
    return user(sub);
  }
}

describe('an input of mcp-nest', () => {
  let world: World;
  let shop: TestApp;
  beforeAll(async () => {
    world = await startWorld();
    shop = await startMcpNest(world, { controllers: [Declared] });
  });
  afterAll(async () => {
    await shop.close();
    await world.close();
  });
  beforeEach(() => void (ran = []));

  it('that names an identity, or may name anybody, stops the application until it is declared', async () => {
    const refusal = await startMcpNest(world, { controllers: [Undeclared] }).then(
      async app => (await app.close(), 'it booted'),
      (error: Error) => error.message,
    );
    const fix = (path: string) => `@DataSubject({ fields: ['${path}'], reason })`;
    for (const [listedAs, path] of [
      ['tool "refund"', 'customer.userId'],
      ['prompt "greet"', 'tenant'],
      ['resource "orders"', 'userId'],
      ['resource "orders"', 'on_behalf_of'],
    ] as const) {
      expect(refusal).toContain(`"${path}" in the input of ${listedAs} looks like an identity`);
      expect(refusal).toContain(fix(path));
    }
    expect(refusal).toContain('"labels" in the input of tool "refund" may contain anything');
    expect(refusal).toContain('"*" in the input of tool "anything" may contain anything');
    expect(refusal).toContain('the input of tool "dated" cannot be read as JSON Schema');
    expect(refusal.match(/^ {2}- /gm)).toHaveLength(7);
  });

  it('is in the posture by the schema that clients are shown, with whether it is closed and whom it may name', async () => {
    const { document } = shop.app.get(Posture, { strict: false });
    const client = await connect(shop.url, world.userToken());
    const { tools } = await client.listTools();
    await client.close();
    const named = (name: string) => document.handlers.find(one => one.name === name)!;
    for (const { name, inputSchema } of tools)
      expect(named(name).input!.schemaSha256).toBe(createHash('sha256').update(canonical(inputSchema)).digest('hex'));
    expect(named('refund')).toMatchObject({
      input: { closed: false },
      sensitivity: { readOnly: false, destructive: true },
      dataSubjects: [
        { path: 'customer.userId', reason, freeForm: false },
        { path: 'labels', freeForm: true },
      ],
    });
    expect(named('order_status')).toMatchObject({ input: { closed: true }, sensitivity: { readOnly: true } });
    expect(named('prompt:greet')).toMatchObject({ input: { closed: true }, sensitivity: null });
    expect(postureProblems(document)).toEqual([]);
  });

  describe.each(ERAS)('with a client of %s', era => {
    let client: Client;
    beforeAll(async () => void (client = await connect(shop.url, world.userToken(), era)));
    afterAll(() => client.close());

    it('reaches its tool as the schema declares it, for the caller', async () => {
      const input = { customer: { userId: 'bob' }, labels: { sub: 'bob' } };
      expect((await callTool(client, 'refund', input)).json).toBe('alice');
      expect((await client.getPrompt({ name: 'greet', arguments: { tone: 'warm' } })).messages).toEqual(
        user('alice').messages,
      );
      expect(ran).toEqual([input, { tone: 'warm' }]);
    });

    it('has no members in a list that stands where the schema declares none, and lists of texts may be long', async () => {
      for (const [name, input] of [
        ['label', { lines: ['a', [{ user_id: 'bob' }]] }],
        ['note', { note: [{ user_id: 'bob' }] }],
      ] as const)
        expect((await callTool(client, name, input)).text).toBe(
          'Invalid parameters: property user_id should not exist',
        );
      expect(ran).toEqual([]);
      const lines = { lines: ['a', 'b', ['c']] };
      expect((await callTool(client, 'label', lines)).json).toBe('alice');
      expect(ran).toEqual([lines]);
    });

    it('with members that the schema does not declare is refused and recorded, and runs nothing', async () => {
      const before = shop.auditLog.decisions.length;
      const nested = await callTool(client, 'refund', { customer: { userId: 'bob', sub: 'bob' } });
      expect([nested.isError, nested.text]).toEqual([true, 'Invalid parameters: property sub should not exist']);
      await expect(client.getPrompt({ name: 'greet', arguments: { user_id: 'bob' } })).rejects.toThrow(
        'property user_id should not exist',
      );
      expect(ran).toEqual([]);
      expect(shop.auditLog.decisions.slice(before)).toEqual(
        ['refund', 'prompt:greet'].map(handler =>
          expect.objectContaining({ type: 'input.refused', handler, actor_sub: 'alice', reason: 'input_invalid' }),
        ),
      );
    });
  });
});
