import { ValidationPipe } from '@nestjs/common';
import { Exclude, Expose, Type } from 'class-transformer';
import { IsNotEmpty, IsObject, IsOptional, IsString, ValidateIf, ValidateNested } from 'class-validator';
import { Authenticated, DataSubject, Identity } from 'nestjs-eie';
import { Prompt, ResourceTemplate, Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { ADAPTERS, ERAS, startMcpApp, type TestApp } from '../support/app.js';
import { message, send } from '../support/mcp-messages.js';
import { startWorld, type World } from '../support/world.js';

const reason = 'Labels that the shop prints on a parcel.';

class OrderedLine {
  @IsString() sku: string;
}

class Order {
  @IsOptional() @IsString() note?: string;
  @IsOptional() @ValidateNested({ each: true }) @Type(() => OrderedLine) lines?: OrderedLine[];
  @DataSubject({ reason, freeForm: true }) @IsOptional() @IsObject() labels?: object;
}

/** class-transformer drops what this class does not expose, and reads one member under another name. */
@Exclude()
class Excluding {
  @Expose() @IsOptional() @IsString() note?: string;
  @Expose({ name: 'remark' }) @IsOptional() @IsString() text?: string;
}

/** Its validators let a list pass where a text or a number is declared. */
class Lenient {
  @ValidateIf(({ note }: Lenient) => note !== undefined) @IsNotEmpty() note?: string;
  @ValidateIf(({ count }: Lenient) => count !== undefined) @IsNotEmpty() count?: number;
  @ValidateIf(() => false) @IsString() skipped?: string;
  @ValidateIf(({ tags }: Lenient) => tags !== undefined) @IsNotEmpty({ each: true }) tags?: string[];
}

class Tone {
  @IsOptional() @IsString() tone?: string;
}

class Key {
  @IsString() key: string;
}

let ran: unknown[];

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'order' })
  order(@ToolInput() input: Order, @Identity('actor.sub') user: string) {
    ran.push(input);
    return user;
  }

  @Tool({ name: 'excluding' })
  excluding(@ToolInput() input: Excluding) {
    ran.push(input);
  }

  @Tool({ name: 'lenient' })
  lenient(@ToolInput() input: Lenient, @Identity('actor.sub') user: string) {
    ran.push(input);
    return user;
  }

  @Tool({ name: 'nothing' })
  nothing() {
    ran.push('nothing');
  }

  @Prompt({ name: 'greet' })
  greet(@ToolInput() input: Tone) {
    ran.push(input);
    return 'hello';
  }

  @ResourceTemplate({ uriTemplate: 'notes://{key}/{place}', name: 'note' })
  note(@ToolInput() input: Key) {
    ran.push(input);
    return 'note';
  }
}

const tool = (name: string, text: string) => ['tools/call', { name, arguments: JSON.parse(text) as unknown }] as const;
const prompt = (text: string) => ['prompts/get', { name: 'greet', arguments: JSON.parse(text) as unknown }] as const;

const REFUSED: [string, readonly [string, Record<string, unknown>]][] = [
  ['a member that nobody has declared', tool('order', '{"note":"a","user_id":"bob"}')],
  ['a look-alike of a declared member', tool('order', '{"nоte":"a"}')],
  ['another case of a declared member', tool('order', '{"Note":"a"}')],
  ['an undeclared member in a list of objects', tool('order', '{"lines":[{"sku":"a"},{"sku":"b","sub":"bob"}]}')],
  ['__proto__', tool('order', '{"note":"a","__proto__":{"user_id":"bob"}}')],
  ['__proto__ in a list of objects', tool('order', '{"lines":[{"sku":"a","__proto__":{"sub":"bob"}}]}')],
  ['__proto__ in an open map', tool('order', '{"labels":{"a":{"__proto__":{"sub":"bob"}}}}')],
  ['constructor', tool('order', '{"constructor":{"prototype":{"sub":"bob"}}}')],
  ['prototype in an open map', tool('order', '{"labels":{"prototype":{"sub":"bob"}}}')],
  ['a member that class-transformer would drop', tool('excluding', '{"note":"a","user_id":"bob"}')],
  ['the inner name of a renamed member', tool('excluding', '{"text":"a"}')],
  ['an undeclared member in a list that stands for a text', tool('lenient', '{"note":[{"user_id":"bob"}]}')],
  ['an undeclared member in a list that stands for a number', tool('lenient', '{"count":[[{"user_id":"bob"}]]}')],
  ['an undeclared member in a list that no validator looks at', tool('lenient', '{"skipped":[{"user_id":"bob"}]}')],
  ['an undeclared member in a list of lists that stands for texts', tool('lenient', '{"tags":["a",[{"sub":"bob"}]]}')],
  ['a list of declared objects that stands for one text of them', tool('order', '{"lines":[{"sku":[{"sku":"a"}]}]}')],
  ['an input for a tool that has none', tool('nothing', '{"sub":"bob"}')],
  ['an argument that a prompt does not declare', prompt('{"tone":"warm","user_id":"bob"}')],
  ['__proto__ for a prompt', prompt('{"__proto__":"bob"}')],
  ['a variable that the input of a template does not declare', ['resources/read', { uri: 'notes://a/b' }]],
];

const PIPES = {
  'without global pipes': [],
  'with a global pipe that lets everything through': [
    new ValidationPipe({ validateCustomDecorators: true, transform: true }),
  ],
  'with a global pipe that drops in silence': [new ValidationPipe({ validateCustomDecorators: true, whitelist: true })],
};

describe.each(Object.entries(PIPES))('an application %s', (_name, pipes) => {
  let world: World;
  let apps: Record<string, TestApp>;

  beforeAll(async () => {
    world = await startWorld();
    apps = {};
    for (const adapter of ADAPTERS)
      apps[adapter] = await startMcpApp(world, {
        adapter,
        providers: [Tools],
        prepare: app => void app.useGlobalPipes(...pipes),
      });
  });
  afterAll(async () => {
    for (const app of Object.values(apps)) await app.close();
    await world.close();
  });
  beforeEach(() => void (ran = []));

  describe.each(ERAS)('with a client of %s', era => {
    it.each(REFUSED)('refuses %s on each adapter, runs nothing, and records it', async (_what, [method, params]) => {
      for (const adapter of ADAPTERS) {
        const { auditLog, url } = apps[adapter]!;
        const before = auditLog.decisions.length;
        const answer = await send(url, world.userToken(), era, message(era, method, params));
        const [said] = answer.messages;
        expect(answer.status < 500 && (answer.status >= 400 || said.error || said.result.isError)).toBeTruthy();
        expect(ran).toEqual([]);
        const records = auditLog.decisions.slice(before);
        // Fastify's own parser refuses these names, before there is a caller.
        if (adapter === 'fastify' && !said?.jsonrpc) expect(records).toEqual([]);
        else
          expect(records).toEqual([
            expect.objectContaining({ type: 'input.refused', actor_sub: 'alice', reason: 'input_invalid' }),
          ]);
      }
    });

    it('lets lists of texts and of numbers through where they are declared, and an empty one', async () => {
      const inputs = [
        { tags: ['a', 'b'], count: 3 },
        { note: 'a', tags: [] },
      ];
      for (const adapter of ADAPTERS)
        for (const input of inputs) {
          const call = message(era, 'tools/call', { name: 'lenient', arguments: input });
          const { messages } = await send(apps[adapter]!.url, world.userToken(), era, call);
          expect(messages.at(-1).result.content).toEqual([{ type: 'text', text: 'alice' }]);
        }
      expect(ran).toEqual([...inputs, ...inputs]);
    });

    it('lets text say what it likes, and an open map name whom it likes', async () => {
      const input = { note: '{"user_id":"bob","__proto__":{}}', labels: { user_id: 'bob', sub: ['bob'] } };
      for (const adapter of ADAPTERS) {
        const call = message(era, 'tools/call', { name: 'order', arguments: input });
        const { messages } = await send(apps[adapter]!.url, world.userToken(), era, call);
        expect(messages.at(-1).result.content).toEqual([{ type: 'text', text: 'alice' }]);
      }
      expect(ran).toEqual([input, input]);
    });
  });
});
