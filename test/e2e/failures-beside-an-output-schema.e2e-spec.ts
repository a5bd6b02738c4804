import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpController, Tool as NestTool } from '@rekog/mcp-nest';
import { IsInt, IsString } from 'class-validator';
import { Authenticated } from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { z } from 'zod';
import { startMcpNest } from '../mcp-nest/mcp-nest-app.js';
import { startMcpApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

class ParcelQuery {
  @IsString()
  id: string;
}

class Parcel {
  @IsInt()
  days: number;
}

@ToolController()
@Authenticated()
class OwnTools {
  @Tool({ name: 'parcel', output: Parcel })
  parcel(@ToolInput() { id }: ParcelQuery) {
    return { days: id === 'lost' ? 'never' : 3 };
  }

  @Tool({ name: 'undeclared' })
  undeclared() {
    return 'sent';
  }
}

@McpController()
@Authenticated()
class ToolsOfMcpNest {
  @NestTool({ name: 'parcel', parameters: z.object({ id: z.string() }), outputSchema: z.object({ days: z.number() }) })
  parcel() {
    return { days: 3 };
  }

  @NestTool({ name: 'undeclared' })
  undeclared() {
    return 'sent';
  }
}

const RUNTIMES = {
  'nestjs-eie/mcp': (world: World) => startMcpApp(world, { providers: [OwnTools] }),
  'mcp-nest': (world: World) => startMcpNest(world, { controllers: [ToolsOfMcpNest] }),
};

/** It compares the structured content of an error, too, with the output schema that it has been listed. */
async function connectOfficialClient1(url: string, token: string): Promise<Client> {
  const client = new Client({ name: 'desk', version: '1.0.0' });
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', url), { requestInit }));
  await client.listTools();
  return client;
}

describe.each(Object.entries(RUNTIMES))(
  'the official client 1.x, at a tool of %s that declares its output',
  (runtime, start) => {
    let world: World;
    let app: TestApp;
    let client: Client;
    beforeAll(async () => {
      world = await startWorld();
      app = await start(world);
      client = await connectOfficialClient1(app.url, world.userToken());
    });
    afterAll(async () => {
      await client?.close();
      await app?.close();
      await world?.close();
    });
    afterEach(() => void (app.auditLog.broken = false));

    it('is told why a call was refused', async () => {
      app.auditLog.broken = true;
      const result = await client.callTool({ name: 'parcel', arguments: { id: '7' } });
      expect(result).toEqual({
        isError: true,
        content: [{ type: 'text', text: expect.stringContaining('audit') }],
        _meta: { 'execution-identity/failure': { code: 'audit_unavailable' } },
      });
    });

    it('finds the code of every failed tool at one place', async () => {
      app.auditLog.broken = true;
      const { _meta, structuredContent } = await client.callTool({ name: 'undeclared', arguments: {} });
      expect(_meta).toEqual({ 'execution-identity/failure': { code: 'audit_unavailable' } });
      expect(structuredContent).toEqual({ code: 'audit_unavailable' });
    });

    it('gets the result of a call that is good', async () => {
      expect(await client.callTool({ name: 'parcel', arguments: { id: '7' } })).toMatchObject({
        structuredContent: { days: 3 },
      });
    });

    if (runtime === 'nestjs-eie/mcp')
      it.each([
        ['its input does not fit', { id: 7 }, 'input_invalid', 'id must be a string'],
        ['its result does not fit', { id: 'lost' }, 'result_invalid', 'result'],
      ])('is told that %s', async (_what, input, code, text) => {
        expect(await client.callTool({ name: 'parcel', arguments: input })).toMatchObject({
          isError: true,
          content: [{ text: expect.stringContaining(text) }],
          _meta: { 'execution-identity/failure': { code } },
        });
      });
  },
);
