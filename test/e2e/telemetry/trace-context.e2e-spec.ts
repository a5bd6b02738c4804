import { Client } from '@modelcontextprotocol/client';
import { InMemoryTransport } from '@modelcontextprotocol/server';
import { Authenticated, Delegated, type DelegatedFetch, type TargetOptions } from 'nestjs-eie';
import { EieMcpModule, serveStdio, Tool, ToolController } from 'nestjs-eie/mcp';
import { startApp, startMcpApp, type TestApp } from '../../support/app.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { type LyingIssuer, startLyingIssuer } from '../../support/lying-issuer.js';
import { soundAnswers } from '../../support/sound-answers.js';
import { ORDERS, type World } from '../../support/world.js';

const [TRACE, OTHER, PARENT] = ['4bf92f3577b34da6a3ce929d0e0e4736', 'c'.repeat(32), '00f067aa0ba902b7'];
const META = { traceparent: `00-${TRACE}-${PARENT}-03`, tracestate: 'foo=1', baggage: 'userId=alice' };
const HEADERS = { traceparent: `00-${OTHER}-${PARENT}-00`, tracestate: 'bar=2', baggage: 'plan=gold' };

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'orders' })
  async orders(@Delegated('orders_api') orders: DelegatedFetch) {
    return (await orders('/')).status;
  }
}

describe('the trace context of an MCP message', () => {
  let issuer: LyingIssuer;
  let api: Loopback;
  let app: TestApp;
  let world: World;
  let targets: Record<string, TargetOptions>;

  beforeAll(async () => {
    issuer = await startLyingIssuer();
    issuer.answer = soundAnswers(issuer);
    api = await startLoopback();
    world = { issuerOptions: () => issuer.issuerOptions } as World;
    const { issuer: name } = issuer.issuerOptions;
    targets = {
      orders_api: {
        mode: 'service_identity',
        baseUrl: api.url,
        issuer: name,
        resource: ORDERS,
        scopes: ['orders:read'],
      },
    };
    app = await startMcpApp(world, { providers: [Tools], options: { targets } });
  });
  afterAll(async () => {
    await app.close();
    await Promise.all([issuer.close(), api.close()]);
  });
  beforeEach(() => {
    api.requests.length = 0;
  });

  async function post(meta: object, headers: Record<string, string> = {}): Promise<void> {
    const params = { name: 'orders', arguments: {}, _meta: meta };
    const response = await fetch(`${app.url}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await issuer.freshToken()}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
    });
    await response.text();
  }
  const parentOf = (trace: string, flags: string) =>
    expect.stringMatching(`^00-${trace}-(?!${PARENT})[0-9a-f]{16}-${flags}$`);

  it('is passed on from _meta', async () => {
    await post(META);
    expect(api.requests[0]!.headers).toMatchObject({ ...META, traceparent: parentOf(TRACE, '03') });
    expect(app.auditLog.last('execution.outcome').trace_id).toBe(TRACE);
  });

  it('counts in _meta before the headers, with its own tracestate and never with theirs', async () => {
    await post({ traceparent: META.traceparent }, HEADERS);
    const { headers } = api.requests[0]!;
    expect(headers).toMatchObject({ traceparent: parentOf(TRACE, '03'), baggage: HEADERS.baggage });
    expect(headers).not.toHaveProperty('tracestate');
  });

  it('is that of the headers where _meta has none', async () => {
    await post({ progressToken: 1 }, HEADERS);
    expect(api.requests[0]!.headers).toMatchObject({ ...HEADERS, traceparent: parentOf(OTHER, '00') });
  });

  it.each([7, [], null, {}, 'x', `00-${'0'.repeat(32)}-${PARENT}-01`])(
    'begins anew where _meta has a traceparent that is none: %j',
    async traceparent => {
      await post({ ...META, traceparent }, HEADERS);
      const { headers } = api.requests[0]!;
      expect(headers.traceparent).toEqual(parentOf(`(?!${OTHER}|${TRACE})[0-9a-f]{32}`, '02'));
      expect(headers).not.toHaveProperty('tracestate');
    },
  );

  it('is passed on from _meta on stdio', async () => {
    const identity = { issuer: 'https://login.shop.test', sub: 'alice', type: 'user', clientId: 'desk' } as const;
    const stdio = await startApp(world, {
      providers: [Tools],
      imports: [
        EieMcpModule.register({
          path: 'mcp',
          name: 'shop',
          version: '1.0.0',
          stdio: { identity: { ...identity, agent: 'desk', scopes: ['orders:read'] } },
        }),
      ],
      options: { targets },
    });
    const [ours, theirs] = InMemoryTransport.createLinkedPair();
    await serveStdio(stdio.app, theirs);
    const client = new Client({ name: 'test-client', version: '1.0.0' });
    await client.connect(ours);
    await client.callTool({ name: 'orders', _meta: META });
    await client.close();
    await stdio.close();
    expect(api.requests[0]!.headers).toMatchObject({ ...META, traceparent: parentOf(TRACE, '03') });
  });
});
