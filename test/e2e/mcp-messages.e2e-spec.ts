import { RequireScopes } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, startMcpApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

let runs = 0;

@ToolController()
class Tools {
  @Tool({ name: 'read' })
  @RequireScopes('orders:read')
  read() {
    return ++runs;
  }

  @Tool({ name: 'write' })
  @RequireScopes('orders:write')
  write() {
    return ++runs;
  }
}

const call = (id: number, name: unknown) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: {} },
});

describe.each(ADAPTERS)('a message to the MCP route on %s', adapter => {
  let world: World;
  let app: TestApp;
  beforeAll(async () => {
    world = await startWorld();
    app = await startMcpApp(world, { adapter, providers: [Tools] });
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });
  beforeEach(() => {
    runs = 0;
    app.auditLog.events.length = 0;
  });

  const post = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${app.url}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${world.userToken({ scope: 'orders:read' })}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2025-11-25',
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  it('is decided by its body, not by a header that names another tool', async () => {
    const response = await post(call(1, 'write'), { 'mcp-name': 'read', 'mcp-method': 'tools/call' });
    expect(response.status).toBe(403);
    expect(response.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    expect(response.headers.get('www-authenticate')).toContain('scope="orders:write"');
    expect(response.headers.get('www-authenticate')).toContain(
      'resource_metadata="https://mcp.shop.test/.well-known/oauth-protected-resource/mcp"',
    );
    expect(runs).toBe(0);
    expect(app.auditLog.types()).toEqual(['authorization.refused']);
  });

  it('runs nothing of a batch in which one member is refused', async () => {
    const response = await post([call(1, 'read'), call(2, 'write')]);
    expect(response.status).toBe(403);
    expect(runs).toBe(0);
    expect(app.auditLog.types()).toEqual(['authorization.refused']);
  });

  it('runs each member of an allowed batch under its own envelope', async () => {
    const response = await post([call(1, 'read'), call(2, 'read')]);
    await response.text();
    expect(response.status).toBe(200);
    expect(runs).toBe(2);
    expect(new Set(app.auditLog.events.map(event => event.envelope_id)).size).toBe(2);
  });

  it('takes its trace id from _meta before the HTTP header', async () => {
    const message = call(1, 'read');
    Object.assign(message.params, { _meta: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` } });
    await (await post(message, { traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01` })).text();
    expect(app.auditLog.last('execution.intent').trace_id).toBe('a'.repeat(32));
  });

  it.each<[what: string, body: unknown]>([
    ['no JSON', '{'],
    ['no JSON-RPC', { hello: 'world' }],
    ['an unknown method', { jsonrpc: '2.0', id: 1, method: 'no/such' }],
    ['a tool name that is no string', call(1, { $ne: null })],
    ['the name of a property of every object', call(1, '__proto__')],
    ['params that are no object', { jsonrpc: '2.0', id: 1, method: 'tools/call', params: 'write' }],
    [
      'a deeply nested argument',
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read","arguments":${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}}}`,
    ],
    [
      'a thousand members too many',
      {
        ...call(1, 'read'),
        params: { name: 'read', arguments: Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`m${i}`, i])) },
      },
    ],
    [
      'more values than any input needs',
      { ...call(1, 'read'), params: { name: 'read', arguments: { list: Array.from({ length: 10_001 }, () => 0) } } },
    ],
    ['an empty batch', []],
  ])('with %s gets an answer of the protocol, never a 5xx, and nothing runs', async (_what, body) => {
    const response = await post(body);
    await response.text();
    expect(response.status).toBeLessThan(500);
    expect(runs).toBe(0);
  });

  const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });
  it.each<[what: string, of: unknown]>([
    ['is too deep', nested(65)],
    ['has 1,001 members in one object', Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`m${i}`, i]))],
    ['has 10,001 values', { list: Array.from({ length: 10_001 }, () => 0) }],
    [
      'has 10,001 values in lists of lists',
      { list: Array.from({ length: 101 }, () => Array.from({ length: 99 }, () => 0)) },
    ],
  ])('that %s is refused before anybody reads it, and that is recorded', async (_what, input) => {
    const response = await post({ ...call(1, 'read'), params: { name: 'read', arguments: input } });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('too deep, too large or too wide');
    expect(app.auditLog.events).toEqual([
      expect.objectContaining({ type: 'input.refused', reason: 'input_invalid', actor_sub: 'alice' }),
    ]);
  });

  it.each(['text/plain', 'application/x-unknown', 'application/json; charset=utf-8'])(
    'that is too wide is refused whatever its content type is (%s)',
    async type => {
      const list = Array.from({ length: 10_001 }, () => 0);
      const body = JSON.stringify({ ...call(1, 'read'), params: { name: 'read', arguments: { list } } });
      const response = await post(body, { 'content-type': type });
      // Fastify has no parser for a type that it does not know, and refuses it before anybody is admitted.
      const isUnknown = adapter === 'fastify' && type === 'application/x-unknown';
      expect(response.status).toBe(isUnknown ? 415 : 400);
      expect(app.auditLog.types()).toEqual(isUnknown ? [] : ['input.refused']);
      expect(runs).toBe(0);
    },
  );

  it('with a text of more than 256 KB is refused, also where a parser has read it', async () => {
    const response = await post({
      ...call(1, 'read'),
      params: { name: 'read', arguments: { a: 'x'.repeat(262_145) } },
    });
    // The parser of Express reads 100 KB at most.
    expect(response.status).toBe(adapter === 'express' ? 413 : 400);
    expect(app.auditLog.types()).toEqual(adapter === 'express' ? [] : ['input.refused']);
  });

  it('needs a token whatever it says', async () => {
    const response = await post(call(1, 'read'), { authorization: '' });
    expect(response.status).toBe(401);
    expect(app.auditLog.events).toEqual([
      expect.objectContaining({ type: 'admission.refused', handler: null, reason: 'credentials_missing' }),
    ]);
  });
});
