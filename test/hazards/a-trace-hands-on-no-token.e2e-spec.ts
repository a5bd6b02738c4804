import { context, propagation } from '@opentelemetry/api';
import { Controller, Get } from '@nestjs/common';
import { Authenticated, Delegated, type DelegatedFetch, type IssuerOptions, RequireScopes } from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController } from 'nestjs-eie/mcp';
import { startApp, type TestApp } from '../support/app.js';
import { type Loopback, sendRaw, startLoopback } from '../support/loopback.js';
import { type LyingIssuer, startLyingIssuer } from '../support/lying-issuer.js';
import { soundAnswers } from '../support/sound-answers.js';
import { startTelemetry, type Telemetry } from '../support/telemetry.js';
import { MCP, ORDERS } from '../support/world.js';

let active: Record<string, string> = {};

@Controller()
class Routes {
  @Get('call')
  @RequireScopes('orders:read')
  async call(@Delegated('orders') orders: DelegatedFetch) {
    active = Object.fromEntries(
      (propagation.getActiveBaggage()?.getAllEntries() ?? []).map(([key, { value }]) => [key, value]),
    );
    await orders('/');
    return 'ok';
  }
}

@Controller('me')
class Me {
  @Get()
  @Authenticated()
  me() {
    return 'ok';
  }
}

@ToolController()
class Tools {
  @Tool({ name: 'go', description: 'Calls the orders API.' })
  @RequireScopes('orders:read')
  async go(@Delegated('orders') orders: DelegatedFetch) {
    await orders('/');
    return 'ok';
  }
}

/** Makes the trace of the headers the active one, as the instrumentation of Node's HTTP server does. */
function instrument(nest: { getHttpServer(): { emit(event: string, ...args: any[]): boolean } }): void {
  const server = nest.getHttpServer();
  const emit = server.emit.bind(server);
  server.emit = (event, ...args) => {
    if (event !== 'request') return emit(event, ...args);
    const received = propagation.extract(context.active(), { ...args[0].headers });
    return context.with(received, () => emit(event, ...args));
  };
}

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'desk', version: '1.0.0' },
  'io.modelcontextprotocol/clientCapabilities': {},
};
const OTHER_TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJl';
const encoded = (token: string): string => token.replaceAll('.', '%2E');

describe('with OpenTelemetry in the process', () => {
  let telemetry: Telemetry;
  beforeAll(() => void (telemetry = startTelemetry()));
  afterAll(() => telemetry.stop());

  describe('a target and a handler', () => {
    let issuer: LyingIssuer, api: Loopback, app: TestApp;
    let sent: { baggage?: string; tracestate?: string };

    beforeAll(async () => {
      issuer = await startLyingIssuer();
      issuer.answer = soundAnswers(issuer);
      api = await startLoopback(({ headers }, response) => {
        sent = headers as typeof sent;
        response.end('{}');
      });
      const target = {
        mode: 'on_behalf_of' as const,
        baseUrl: api.url,
        issuer: issuer.issuerOptions.issuer,
        resource: ORDERS,
        scopes: ['orders:read'],
      };
      app = await startApp(
        { issuerOptions: () => issuer.issuerOptions },
        {
          controllers: [Routes],
          providers: [Tools],
          imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' })],
          options: { targets: { orders: target } },
          prepare: instrument,
        },
      );
    });
    afterAll(() => Promise.all([app.close(), issuer.close(), api.close()]));
    beforeEach(() => {
      sent = {};
      active = {};
    });

    it('get nothing of the baggage of a request that holds its access token as it is', async () => {
      const token = await issuer.freshToken();
      const headers = ['traceparent', TRACEPARENT, 'baggage', `userId=alice,t=${token}`];
      await sendRaw(`${app.url}/call`, { headers: ['Authorization', `Bearer ${token}`, ...headers] });
      expect([sent.baggage, active]).toEqual([undefined, {}]);
    });

    it.each([
      ['that of another call', () => OTHER_TOKEN],
      ['percent-encoded', encoded],
      ['encoded twice', (token: string) => encoded(token).replaceAll('%', '%25')],
    ])('get no token that stands in the baggage of the request, %s', async (_form, write) => {
      const token = await issuer.freshToken();
      const headers = ['traceparent', TRACEPARENT, 'baggage', `userId=alice,t=${write(token)}`];
      const answer = await sendRaw(`${app.url}/call`, { headers: ['Authorization', `Bearer ${token}`, ...headers] });
      expect(answer.status).toBe(200);
      expect(sent.baggage).toBe('userId=alice');
      expect(active).toEqual({ userId: 'alice' });
    });

    it.each([
      ['as it is', (token: string) => token],
      ['percent-encoded', encoded],
    ])('get no token that stands in the baggage of an MCP message, %s', async (_form, write) => {
      const token = await issuer.freshToken();
      const params = { name: 'go', arguments: {}, _meta: { ...META, baggage: `userId=alice,t=${write(token)}` } };
      const answer = await sendRaw(`${app.url}/mcp`, {
        method: 'POST',
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
        headers: Object.entries({
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': 'tools/call',
          'mcp-name': 'go',
        }).flat(),
      });
      expect([answer.status, answer.body.includes('"text":"ok"')]).toEqual([200, true]);
      expect(sent.baggage).toBe('userId=alice');
    });

    it('get no token that stands in the tracestate', async () => {
      const token = await issuer.freshToken();
      const headers = ['traceparent', TRACEPARENT, 'tracestate', `foo=1,bar=${OTHER_TOKEN}`];
      await sendRaw(`${app.url}/call`, { headers: ['Authorization', `Bearer ${token}`, ...headers] });
      expect(sent.tracestate).toBe('foo=1');
    });
  });

  it('an issuer gets no baggage and no tracestate of a caller, whatever it is asked for', async () => {
    const asked: (readonly unknown[])[] = [];
    let url = '';
    const issuer = await startLoopback((request, response) => {
      const { baggage, tracestate, traceparent } = request.headers;
      asked.push([request.url, baggage, tracestate, String(traceparent).slice(0, 35)]);
      const metadata = { issuer: url, jwks_uri: `${url}/jwks`, introspection_endpoint: `${url}/introspect` };
      const keys = request.url === '/jwks' ? { keys: [] } : { active: false };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(request.url?.includes('well-known') ? metadata : keys));
    });
    url = issuer.url;
    const options = {
      issuer: url,
      jwksUri: 'discovery',
      algorithms: ['ES256'],
      actorType: { user: { claim: 'sub_profile', values: ['user'] } },
      opaqueTokens: true,
      client: { clientId: 'mcp-server', auth: { method: 'client_secret_basic', secret: 'a secret of the client' } },
    } as IssuerOptions;
    const app = await startApp(
      { issuerOptions: () => options },
      {
        controllers: [Me],
        prepare: instrument,
      },
    );
    const headers = ['traceparent', TRACEPARENT, 'tracestate', 'vendor=internal', 'baggage', 'plan=internal'];
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const jwt = [part({ alg: 'ES256', typ: 'at+jwt', kid: 'k' }), part({ iss: url, aud: MCP }), 'A'.repeat(86)].join(
      '.',
    );
    for (const token of ['an-opaque-token-of-this-issuer', jwt])
      await sendRaw(`${app.url}/me`, { headers: ['Authorization', `Bearer ${token}`, ...headers] });
    await Promise.all([app.close(), issuer.close()]);
    const trace = TRACEPARENT.slice(0, 35);
    expect(asked).toEqual(
      ['/.well-known/openid-configuration', '/introspect', '/jwks'].map(path => [path, undefined, undefined, trace]),
    );
  });
});
