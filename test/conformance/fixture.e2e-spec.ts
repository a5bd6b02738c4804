import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { LOG_LEVEL_META_KEY } from '@modelcontextprotocol/server';
import { callTool, connect, ERAS } from '../support/app.js';
import { startFixture } from './fixture/application.js';

describe('the application that the conformance suite calls', () => {
  let fixture: Awaited<ReturnType<typeof startFixture>>;
  let url: string;

  beforeAll(async () => {
    fixture = await startFixture();
    url = `http://127.0.0.1:${fixture.port}`;
  });
  afterAll(() => fixture?.app.close());

  it.each([
    [
      'a request of 2026-07-28',
      {
        method: 'POST',
        headers: { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'server/discover' },
        message: { method: 'server/discover', params: {} },
      },
    ],
    ['a tool call', { method: 'POST', message: { method: 'tools/call', params: { name: 'test_simple_text' } } }],
    [
      'a start of a session',
      {
        method: 'POST',
        message: {
          method: 'initialize',
          params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'nobody', version: '1' } },
        },
      },
    ],
    ['a listener of a session', { method: 'GET', headers: { 'mcp-session-id': 'any' } }],
    ['an end of a session', { method: 'DELETE', headers: { 'mcp-session-id': 'any' } }],
  ])(
    'answers %s without a token with 401',
    async (_what, { method, headers, message }: { method: string; headers?: object; message?: object }) => {
      const response = await fetch(`${url}/mcp`, {
        method,
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
        ...(message && { body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }) }),
      });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toContain('resource_metadata=');
    },
  );

  it.each(ERAS)('serves the bearer of the token to a client of %s', async era => {
    const client = await connect(url, fixture.token, era);
    expect((await callTool(client, 'test_simple_text')).isError).toBe(false);
    await client.close();
  });

  it.each([
    ['that asks for this level', 'info', 1],
    ['that asks for less', 'error', 0],
    ['that does not ask', undefined, 0],
  ])('logs to a client of 2026-07-28 %s', async (_what, level, expected) => {
    const client = await connect(url, fixture.token);
    const logged: unknown[] = [];
    client.setNotificationHandler('notifications/message', ({ params }) => void logged.push(params.data));
    await client.callTool({
      name: 'test_logging_tool',
      arguments: {},
      ...(level && { _meta: { [LOG_LEVEL_META_KEY]: level } }),
    });
    await client.close();
    expect(logged).toHaveLength(expected);
  });

  it.each(ERAS)('asks a client of %s only what it can be asked', async era => {
    const asked: string[] = [];
    const client = new Client(
      { name: 'a model', version: '1.0.0' },
      { capabilities: { sampling: {} }, ...(era === '2026-07-28' && { versionNegotiation: { mode: 'auto' } }) },
    );
    client.setRequestHandler('sampling/createMessage', ({ method }) => {
      asked.push(method);
      return { role: 'assistant', content: { type: 'text', text: 'Hello.' }, model: 'none' };
    });
    await client.connect(
      new StreamableHTTPClientTransport(new URL('/mcp', url), {
        requestInit: { headers: { authorization: `Bearer ${fixture.token}` } },
      }),
    );
    expect((await callTool(client, 'test_input_required_result_capabilities')).text).toBe('Answered.');
    expect(asked).toEqual(['sampling/createMessage']);
    await client.close();

    const silent = await connect(url, fixture.token, era);
    expect((await callTool(silent, 'test_input_required_result_capabilities')).text).toBe(
      'This client cannot be asked.',
    );
    await silent.close();
  });

  it('promises no notice of changed lists, since they do not change', async () => {
    const client = await connect(url, fixture.token);
    expect(client.getServerCapabilities()).toMatchObject({
      tools: { listChanged: false },
      resources: { listChanged: false },
      prompts: { listChanged: false },
    });
    await client.close();
  });
});
