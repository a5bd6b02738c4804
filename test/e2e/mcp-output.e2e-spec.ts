import { type Client } from '@modelcontextprotocol/client';
import { Exclude, Type } from 'class-transformer';
import { IsDate, IsDateString, IsEnum, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import { Authenticated } from 'nestjs-eie';
import { McpContent, Tool, ToolController } from 'nestjs-eie/mcp';
import { connect, ERAS, startMcpApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

class Parcel {
  @IsString()
  carrier: string;

  @IsInt()
  days: number;
}

enum Speed {
  Slow,
  Fast,
}

class Stop {
  @IsOptional()
  @IsString()
  note?: string | null;

  @Exclude()
  @IsOptional()
  @IsString()
  password?: string;
}

class Journey {
  @IsEnum(Speed)
  speed: Speed;

  @IsDate()
  @Type(() => Date)
  left: Date;

  @IsDateString()
  arrives: string;

  @IsOptional()
  @ValidateNested()
  @Type(() => Stop)
  stop?: Stop | null;

  @ValidateNested({ each: true })
  @Type(() => Stop)
  stops: Stop[];
}

const JOURNEY = { speed: Speed.Slow, left: new Date(0), arrives: '2026-11-30T08:00:00Z', stop: null, stops: [] };

let output: unknown;

@ToolController()
class Tools {
  @Tool({ name: 'parcel', output: Parcel })
  @Authenticated()
  parcel() {
    return output;
  }

  @Tool({ name: 'journey', output: Journey })
  @Authenticated()
  journey() {
    return output;
  }
}

describe.each(ERAS)('a tool that declares its output, for a client of %s', era => {
  let world: World;
  let app: TestApp;
  let client: Client;

  beforeAll(async () => {
    world = await startWorld();
    app = await startMcpApp(world, { providers: [Tools] });
    client = await connect(app.url, world.userToken(), era);
  });
  afterAll(async () => {
    await client?.close();
    await app?.close();
    await world?.close();
  });

  it('is listed with the schema of its output, closed against further properties', async () => {
    expect((await client.listTools()).tools[0]!.outputSchema).toMatchObject({
      type: 'object',
      properties: { carrier: { type: 'string' }, days: { type: 'integer' } },
      required: ['carrier', 'days'],
      additionalProperties: false,
    });
  });

  it.each([
    ['a plain object', () => ({ carrier: 'snail', days: 3 })],
    ['an instance of the class', () => Object.assign(new Parcel(), { carrier: 'snail', days: 3 })],
    [
      'a result of the protocol',
      () => new McpContent({ content: [], structuredContent: { carrier: 'snail', days: 3 } }),
    ],
  ])('sends what fits as structured content: %s', async (_what, made) => {
    output = made();
    expect(await client.callTool({ name: 'parcel' })).toMatchObject({
      structuredContent: { carrier: 'snail', days: 3 },
    });
  });

  it.each([
    ['has a wrong value', { carrier: 'secret-4711', days: 'three' }],
    ['lacks a property', { carrier: 'secret-4711' }],
    ['has one too many', { carrier: 'snail', days: 3, password: 'secret-4711' }],
    ['is a text', 'secret-4711'],
    ['is a list', ['secret-4711']],
    ['is nothing', undefined],
    [
      'is a result of the protocol that does not fit',
      new McpContent({
        content: [{ type: 'text', text: 'secret-4711' }],
        structuredContent: { carrier: 'secret-4711' },
      }),
    ],
    [
      'is a result of the protocol without structured content',
      new McpContent({ content: [{ type: 'text', text: 'secret-4711' }] }),
    ],
  ])('sends nothing of what %s', async (_what, wrong) => {
    output = wrong;
    const result = await client.callTool({ name: 'parcel' });
    expect(result.isError).toBe(true);
    expect(result._meta).toMatchObject({ 'execution-identity/failure': { code: 'result_invalid' } });
    expect(result.structuredContent).toBeUndefined();
    expect(JSON.stringify(result)).not.toContain('secret-4711');
    expect(app.auditLog.last('execution.outcome')).toMatchObject({ outcome: 'failed', reason: 'result_invalid' });
  });

  it.each<[string, object]>([
    ['the number of an enum, a date, a time, and null for what is optional', {}],
    ['null within a list', { stops: [{ note: null }] }],
    ['what is optional', { stop: { note: 'here' }, speed: Speed.Fast }],
  ])('sends what its client takes by the schema that is listed: %s', async (_what, changed) => {
    await client.listTools();
    const journey = { ...JOURNEY, ...changed };
    output = journey;
    // The client compares what it is sent with the schema that it has been listed.
    expect(await client.callTool({ name: 'journey' })).toMatchObject({
      structuredContent: JSON.parse(JSON.stringify(journey)),
    });
  });

  it('sends no member that is excluded from its schema', async () => {
    output = { ...JOURNEY, stops: [Object.assign(new Stop(), { note: 'here', password: 'secret-4711' })] };
    const result = await client.callTool({ name: 'journey' });
    expect(result).toMatchObject({
      isError: true,
      _meta: { 'execution-identity/failure': { code: 'result_invalid' } },
    });
    expect(JSON.stringify(result)).not.toContain('secret-4711');
  });
});
