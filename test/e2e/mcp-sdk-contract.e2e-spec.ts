import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { message, headersFor } from '../support/mcp-messages.js';
import { until } from '../support/until.js';

/** It answers every call. */
function withoutTools(): McpServer {
  const server = new McpServer({ name: 'empty', version: '1.0.0' });
  server.server.registerCapabilities({ tools: { listChanged: false } });
  server.server.setRequestHandler('tools/call', () => ({ content: [] }));
  return server;
}

/**
 * What `mcp/runtime/mcp.server.ts` relies on in the official SDK: a server without any registered tool asks two members that we replace,
 * before it dispatches a call. A version of the SDK that does not would serve calls without a decision, so this must fail then.
 */
describe('the official SDK', () => {
  const asked: string[] = [];
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'empty', version: '1.0.0' });
    server.server.registerCapabilities({ tools: { listChanged: false } });
    server.server.setRequestHandler('tools/call', () => {
      asked.push('handler');
      return { content: [] };
    });
    server.resolveScopeChallenge = ({ request }) => {
      asked.push('resolveScopeChallenge');
      const { name } = request.params as { name: string };
      return name === 'guarded' ? { scopes: ['orders:write'] } : undefined;
    };
    server.toolInputSchemaJson = name => {
      asked.push(`toolInputSchemaJson ${name}`);
      return {
        type: 'object',
        properties: { region: { type: 'string', 'x-mcp-header': 'Region' } },
      };
    };
    return server;
  });
  afterAll(() => handler.close());
  beforeEach(() => void (asked.length = 0));

  const call = async (era: '2025-11-25' | '2026-07-28', name: string, headers: Record<string, string> = {}) => {
    const body = message(era, 'tools/call', { name, arguments: { region: 'eu' } });
    const request = new Request('http://localhost/mcp', {
      method: 'POST',
      headers: { ...headersFor(era, body), ...headers },
      body: JSON.stringify(body),
    });
    const authInfo = { token: 'unused', clientId: 'desk', scopes: [] };
    const response = await handler.fetch(request, { authInfo });
    return { status: response.status, body: await response.text() };
  };

  it.each(['2025-11-25', '2026-07-28'] as const)(
    'asks for the decision before it dispatches a call of %s, and answers 403 without dispatching it',
    async era => {
      const { status } = await call(era, 'guarded', { 'mcp-param-region': 'eu' });
      expect(status).toBe(403);
      expect(asked).toContain('resolveScopeChallenge');
      expect(asked).not.toContain('handler');
    },
  );

  it.each(['2025-11-25', '2026-07-28'] as const)('asks once for a call of %s that it dispatches', async era => {
    const { status } = await call(era, 'open', { 'mcp-param-region': 'eu' });
    expect(status).toBe(200);
    expect(asked.filter(what => what === 'resolveScopeChallenge')).toHaveLength(1);
    expect(asked.at(-1)).toBe('handler');
  });

  it('compares the headers of parameters with the schema that it asks for', async () => {
    const { status, body } = await call('2026-07-28', 'open', { 'mcp-param-region': 'us' });
    expect(asked).toContain('toolInputSchemaJson open');
    expect([status, body]).toEqual([400, expect.stringContaining('-32020')]);
    expect(asked).not.toContain('handler');
  });

  it('ends a call whose transport closes before the answer, and makes no other answer of it', async () => {
    const sent: unknown[] = [];
    const closing = createMcpHandler(() => {
      const server = withoutTools();
      const connect = server.connect.bind(server);
      server.connect = async transport => {
        transport.send = async answer => {
          sent.push(answer);
          await transport.close();
        };
        await connect(transport);
      };
      return server;
    });
    const body = message('2026-07-28', 'tools/call', { name: 'open', arguments: {} });
    const request = new Request('http://localhost/mcp', { method: 'POST', headers: headersFor('2026-07-28', body) });
    const { status } = await closing.fetch(request, { parsedBody: body });
    await closing.close();
    expect([status, sent]).toEqual([499, [expect.objectContaining({ result: expect.anything() })]]);
  });

  it('lets go of a server when its `onclose` is called, though its transport stays open', async () => {
    const ended: string[] = [];
    const open = createMcpHandler(() => {
      const server = withoutTools();
      server.server.close = async () => void ended.push('closed');
      const connect = server.connect.bind(server);
      server.connect = async transport => {
        transport.send = async () => {
          ended.push('answered');
          if (ended.length === 1) server.server.onclose?.();
        };
        await connect(transport);
      };
      return server;
    });
    const body = message('2026-07-28', 'tools/call', { name: 'open', arguments: {} });
    for (let calls = 1; calls <= 2; calls++) {
      const request = new Request('http://localhost/mcp', { method: 'POST', headers: headersFor('2026-07-28', body) });
      void open.fetch(request, { parsedBody: body });
      await until(() => ended.length === calls);
    }
    await open.close();
    expect(ended).toEqual(['answered', 'answered', 'closed']);
  });
});
