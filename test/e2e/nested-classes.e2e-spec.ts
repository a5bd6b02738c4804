import { type Client } from '@modelcontextprotocol/client';
import { OmitType, PartialType, PickType } from '@nestjs/mapped-types';
import { Expose, Type } from 'class-transformer';
import { IsArray, IsInt, IsOptional, IsString, registerDecorator, ValidateNested } from 'class-validator';
import { Authenticated } from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { callTool, connect, startMcpApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

/** A decorator of the application, as Nest projects have them. */
const Even =
  (): PropertyDecorator =>
  ({ constructor: target }, propertyName) =>
    registerDecorator({
      name: 'even',
      target,
      propertyName: String(propertyName),
      validator: {
        validate: (value: unknown) => (Array.isArray(value) ? value.length % 2 === 0 : Number(value) % 2 === 0),
        defaultMessage: () => `${String(propertyName)} must be even`,
      },
    });

class Line {
  @IsString()
  sku: string;

  @IsInt()
  count: number;
}

/** Nothing of its own: a mapped type, and one that is only extended. */
class Change extends PartialType(Line) {}
class Sku extends PickType(Line, ['sku'] as const) {}
class Plain extends Line {}

const addressOf = (property: string) => {
  class Address {}
  IsString()(Address.prototype, property);
  return Address;
};
const [Ours, Theirs] = [addressOf('street'), addressOf('box')];

class Order {
  @ValidateNested({ each: true })
  @Type(() => Change)
  changes: Change[];

  @ValidateNested()
  @Type(() => Sku)
  sku: Sku;

  @ValidateNested()
  @Type(() => Plain)
  plain: Plain;

  @ValidateNested({ each: true })
  @Type(() => Line)
  @Expose({ name: 'more_lines' })
  moreLines: Line[];

  @Even()
  @IsArray()
  @IsString({ each: true })
  pairs: string[];

  @Even()
  @IsInt()
  even: number;

  @IsOptional()
  @Even()
  any?: number;
}

class Sent extends OmitType(Order, ['moreLines'] as const) {
  @ValidateNested()
  @Type(() => Ours)
  to: object;
}

class Delivery {
  @ValidateNested()
  @Type(() => Theirs)
  from: object;
}

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'order' })
  order(@ToolInput() { changes, sku, plain, moreLines }: Order) {
    return [changes[0] instanceof Change, sku instanceof Sku, plain instanceof Plain, moreLines[0] instanceof Line];
  }

  @Tool({ name: 'send' })
  send(@ToolInput() _input: Sent) {}

  @Tool({ name: 'deliver' })
  deliver(@ToolInput() _input: Delivery) {}
}

const good = {
  changes: [{ count: 2 }],
  sku: { sku: 'a' },
  plain: { sku: 'b', count: 1 },
  more_lines: [{ sku: 'c', count: 3 }],
  pairs: ['a', 'b'],
  even: 2,
};

describe('the classes that an input nests', () => {
  let world: World;
  let app: TestApp;
  let client: Client;
  beforeAll(async () => {
    world = await startWorld();
    app = await startMcpApp(world, { providers: [Tools] });
    client = await connect(app.url, world.userToken());
  });
  afterAll(async () => {
    await client?.close();
    await app?.close();
    await world?.close();
  });

  const schemaOf = async (name: string) => (await client.listTools()).tools.find(one => one.name === name)!.inputSchema;

  it('may have nothing but what they inherit, and may be renamed', async () => {
    expect(await schemaOf('order')).toMatchObject({
      properties: { more_lines: { type: 'array', items: { $ref: '#/$defs/Line' } } },
      $defs: {
        Change: { properties: { sku: { type: 'string' }, count: { type: 'integer' } }, additionalProperties: false },
        Sku: { properties: { sku: { type: 'string' } }, required: ['sku'], additionalProperties: false },
        Plain: { required: ['sku', 'count'], additionalProperties: false },
      },
    });
    expect((await callTool(client, 'order', good)).json).toEqual([true, true, true, true]);
  });

  it('are not what a decorator of the application stands on', async () => {
    const { properties } = await schemaOf('order');
    expect(properties).toMatchObject({
      pairs: { type: 'array', items: { type: 'string' } },
      even: { type: 'integer' },
      any: { type: 'number' },
    });
    for (const wrong of [{ pairs: ['a'] }, { even: 3 }])
      expect((await callTool(client, 'order', { ...good, ...wrong })).text).toContain('must be even');
  });

  it('may have the name of a class that another input nests', async () => {
    expect(await schemaOf('send')).toMatchObject({ $defs: { Address: { required: ['street'] } } });
    expect(await schemaOf('deliver')).toMatchObject({ $defs: { Address: { required: ['box'] } } });
    expect((await callTool(client, 'deliver', { from: { box: '1' } })).isError).toBe(false);
    expect((await callTool(client, 'deliver', { from: { street: '1' } })).text).toContain('street should not exist');
  });

  it('are closed, at every depth', async () => {
    for (const wrong of [{ sku: { sku: 'a', count: 1 } }, { changes: [{ id: 1 }] }, { moreLines: [] }])
      expect((await callTool(client, 'order', { ...good, ...wrong })).text).toContain('should not exist');
  });
});
