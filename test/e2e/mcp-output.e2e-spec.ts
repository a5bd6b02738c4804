import { type Client } from '@modelcontextprotocol/client';
import { IsInt, IsString } from 'class-validator';
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

let output: unknown;

@ToolController()
class Tools {
  @Tool({ name: 'parcel', output: Parcel })
  @Authenticated()
  parcel() {
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
    expect(result.structuredContent).toEqual({ code: 'result_invalid' });
    expect(JSON.stringify(result)).not.toContain('secret-4711');
    expect(app.auditLog.last('execution.outcome')).toMatchObject({ outcome: 'failed', reason: 'result_invalid' });
  });
});
