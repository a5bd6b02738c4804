import { type Client } from '@modelcontextprotocol/client';
import { Type } from 'class-transformer';
import { IsInt, IsString, Min, ValidateNested } from 'class-validator';
import { Authenticated } from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { callTool, connect, startMcpApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

class OrderLine {
  @IsString()
  sku: string;

  @IsInt()
  @Min(1)
  count: number;
}

class NewOrder {
  @ValidateNested({ each: true })
  @Type(() => OrderLine)
  lines: OrderLine[];
}

@ToolController()
class OrderTools {
  @Tool({ name: 'place_order' })
  @Authenticated()
  place(@ToolInput() { lines }: NewOrder) {
    return lines.map(line => line instanceof OrderLine);
  }
}

describe('a tool input that nests DTOs', () => {
  let world: World;
  let app: TestApp;
  let client: Client;
  beforeAll(async () => {
    world = await startWorld();
    app = await startMcpApp(world, { providers: [OrderTools] });
    client = await connect(app.url, world.userToken());
  });
  afterAll(async () => {
    await client?.close();
    await app?.close();
    await world?.close();
  });

  it('is listed with the schema of each, closed against further properties', async () => {
    const [tool] = (await client.listTools()).tools;
    expect(tool?.inputSchema).toMatchObject({
      properties: { lines: { type: 'array', items: { $ref: '#/$defs/OrderLine' } } },
      additionalProperties: false,
      $defs: { OrderLine: { required: ['sku', 'count'], additionalProperties: false } },
    });
  });

  it('is validated at every level, and arrives as instances', async () => {
    expect((await callTool(client, 'place_order', { lines: [{ sku: 'a', count: 1 }] })).json).toEqual([true]);
    expect((await callTool(client, 'place_order', { lines: [{ sku: 'a', count: 0 }] })).text).toContain(
      'count must not be less than 1',
    );
    expect((await callTool(client, 'place_order', { lines: [{ sku: 'a', count: 1, user_id: 'bob' }] })).text).toContain(
      'user_id should not exist',
    );
  });
});
