import { type Client } from '@modelcontextprotocol/client';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv';
import { Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  IsArray,
  IsDateString,
  IsDivisibleBy,
  IsEnum,
  IsInt,
  IsIP,
  IsNotEmpty,
  IsNumber,
  IsNumberString,
  IsOptional,
  IsPositive,
  IsString,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { Authenticated } from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { callTool, connect, startMcpApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

enum Size {
  Small,
  Large,
}
enum Colour {
  Red = 'red',
  Blue = 'blue',
}
enum Mixed {
  None = 0,
  All = 'all',
}

class Line {
  @IsNotEmpty()
  @IsString()
  sku: string;
}

/** Decorators as they stand in Nest projects: `@IsNotEmpty()` first, limits before types. */
class Everything {
  @IsNotEmpty()
  @IsInt()
  count: number;

  @Min(1)
  @Max(10)
  @IsInt()
  limited: number;

  @IsPositive()
  @IsDivisibleBy(5)
  @IsInt()
  fives: number;

  @IsNotEmpty()
  @IsArray()
  @IsString({ each: true })
  tags: string[];

  @IsNotEmpty()
  @ArrayNotEmpty()
  @ValidateNested({ each: true })
  @Type(() => Line)
  lines: Line[];

  @IsNotEmpty()
  @ValidateNested()
  @Type(() => Line)
  line: Line;

  @IsNotEmpty()
  text: string;

  @Max(1)
  share: number;

  @IsEnum(Size)
  size: Size;

  @IsNotEmpty()
  @IsEnum(Colour)
  colour: Colour;

  @IsEnum(Mixed)
  mixed: Mixed;

  @IsDateString()
  at: string;

  @IsNumberString()
  amount: string;

  @IsIP()
  address: string;

  @Matches(/^[a-z]+$/i)
  letters: string;

  @IsOptional()
  @IsNotEmpty()
  @IsNumber()
  rate?: number;
}

const good = {
  count: 2,
  limited: 3,
  fives: 10,
  tags: ['a'],
  lines: [{ sku: 'x' }],
  line: { sku: 'y' },
  text: 'z',
  share: 0.5,
  size: Size.Small,
  colour: 'blue',
  mixed: 'all',
  at: '2026-11-30T08:00:00Z',
  amount: '1.50',
  address: '2001:db8::1',
  letters: 'ABC',
};

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'take' })
  take(@ToolInput() input: Everything) {
    return input;
  }
}

describe('what the listed schema of an input says', () => {
  let world: World;
  let app: TestApp;
  let client: Client;
  let isListed: (input: unknown) => boolean;

  beforeAll(async () => {
    world = await startWorld();
    app = await startMcpApp(world, { providers: [Tools] });
    client = await connect(app.url, world.userToken());
    const validate = new AjvJsonSchemaValidator().getValidator(
      (await client.listTools()).tools[0]!.inputSchema as never,
    );
    isListed = input => validate(input).valid;
  });
  afterAll(async () => {
    await client?.close();
    await app?.close();
    await world?.close();
  });

  const isTaken = async (input: object) => !(await callTool(client, 'take', { ...input })).isError;

  it.each<[string, object]>([
    ['what fits', {}],
    ['another number of an enum', { size: Size.Large, mixed: Mixed.None }],
    ['a day, and an IPv4 address', { at: '2026-11-30', address: '192.0.2.1' }],
    ['what is optional', { rate: 0.1 }],
  ])('is what is taken: %s', async (_what, changed) => {
    const input = { ...good, ...changed };
    expect([isListed(input), await isTaken(input)]).toEqual([true, true]);
  });

  it.each<[string, object]>([
    ['a number as a text', { count: '2' }],
    ['half a number', { limited: 1.5 }],
    ['a number past its limit', { limited: 11 }],
    ['a number that cannot be divided', { fives: 7 }],
    ['half of a number of five', { fives: 2.5 }],
    ['a text for a list', { tags: 'a' }],
    ['an empty list', { lines: [] }],
    ['an empty text in a list', { lines: [{ sku: '' }] }],
    ['a text for an object', { line: 'y' }],
    ['an empty text', { text: '' }],
    ['a text for a share', { share: '1' }],
    ['a name that an enum does not have', { size: 'Medium' }],
    ['a colour that an enum does not have', { colour: 'Red' }],
  ])('is not what is refused: %s', async (_what, changed) => {
    const input = { ...good, ...changed };
    expect([isListed(input), await isTaken(input)]).toEqual([false, false]);
  });

  it('names no text for the numbers of an enum, and no mark of ours', async () => {
    const { properties } = (await client.listTools()).tools[0]!.inputSchema;
    expect(properties).toMatchObject({ size: { enum: [0, 1], type: 'number' }, mixed: { enum: [0, 'all'] } });
    expect(JSON.stringify(properties)).not.toContain('x-');
  });
});
