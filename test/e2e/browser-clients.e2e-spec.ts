import { Authenticated } from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

const ORIGIN = 'https://desk.shop.test';

@ToolController()
class Tools {
  @Tool({ name: 'run' })
  @Authenticated()
  run() {
    return 'done';
  }
}

describe.each(ADAPTERS)('a client in a web page, with enableCors() alone, on %s,', adapter => {
  let world: World;
  let app: TestApp;
  beforeAll(async () => {
    world = await startWorld();
    app = await startApp(world, {
      adapter,
      imports: [
        EieMcpModule.register({
          path: 'mcp',
          name: 'shop',
          version: '1.0.0',
          allowedOrigins: ['desk.shop.test'],
          sessions: true,
        }),
      ],
      providers: [Tools],
      prepare: nest => nest.enableCors(),
    });
  });
  afterAll(async () => {
    await app.close();
    await world.close();
  });

  const preflight = (path: string, method: string, headers: string) =>
    fetch(app.url + path, {
      method: 'OPTIONS',
      headers: { origin: ORIGIN, 'access-control-request-method': method, 'access-control-request-headers': headers },
    });
  const initialize = (token?: string) =>
    fetch(`${app.url}/mcp`, {
      method: 'POST',
      headers: {
        origin: ORIGIN,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'page', version: '1' } },
      }),
    });
  /** Whether a page may read this header of an answer, as a browser decides it. */
  const mayRead = ({ headers }: Response, name: string): boolean =>
    ['*', ORIGIN].includes(headers.get('access-control-allow-origin') ?? '') &&
    (headers.get('access-control-expose-headers') ?? '').toLowerCase().split(/, */).includes(name.toLowerCase());

  it('may ask and then call the MCP route', async () => {
    const asked = await preflight('/mcp', 'POST', 'authorization,content-type,mcp-protocol-version');
    expect(asked.status).toBeLessThan(300);
    expect(asked.headers.get('access-control-allow-origin')).toMatch(/^(\*|https:\/\/desk\.shop\.test)$/);
    const answer = await initialize(world.userToken());
    expect([answer.status, mayRead(answer, 'Mcp-Session-Id')]).toEqual([200, true]);
    expect(answer.headers.get('mcp-session-id')).toBeTruthy();
    await answer.body?.cancel();
  });

  it('reads the challenge of a refusal', async () => {
    const answer = await initialize();
    expect([answer.status, mayRead(answer, 'WWW-Authenticate')]).toEqual([401, true]);
    expect(answer.headers.get('www-authenticate')).toContain('resource_metadata=');
    expect(mayRead(answer, 'DPoP-Nonce')).toBe(true);
  });

  it('reads the metadata of the resource, and asks for it with headers of MCP', async () => {
    const path = '/.well-known/oauth-protected-resource/mcp';
    const asked = await preflight(path, 'GET', 'mcp-protocol-version');
    expect(asked.status).toBeLessThan(300);
    expect(asked.headers.get('access-control-allow-headers')).toMatch(/\*|mcp-protocol-version/i);
    const answer = await fetch(app.url + path, { headers: { origin: ORIGIN } });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
  });
});

describe.each(ADAPTERS)('with enableCors() for one page and its credentials, on %s,', adapter => {
  let world: World;
  let app: TestApp;
  beforeAll(async () => {
    world = await startWorld();
    app = await startApp(world, {
      adapter,
      imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' })],
      providers: [Tools],
      prepare: nest => nest.enableCors({ origin: ORIGIN, credentials: true }),
    });
  });
  afterAll(async () => {
    await app.close();
    await world.close();
  });
  const allowed = async (origin: string) => {
    const { headers } = await fetch(`${app.url}/.well-known/oauth-protected-resource/mcp`, { headers: { origin } });
    return headers.get('access-control-allow-origin');
  };

  it('that page reads the metadata also when its browser brings credentials, for which "*" does not count', async () => {
    expect(await allowed(ORIGIN)).toBe(ORIGIN);
  });

  it('every other page reads the metadata without them', async () => {
    expect(await allowed('https://elsewhere.test')).toBe('*');
  });
});

describe.each(ADAPTERS)('without enableCors(), on %s,', adapter => {
  it('the metadata can be read from every page all the same, and nothing else', async () => {
    const world = await startWorld();
    const app = await startApp(world, { adapter });
    const asked = await fetch(`${app.url}/.well-known/oauth-protected-resource/mcp`, {
      method: 'OPTIONS',
      headers: { origin: ORIGIN, 'access-control-request-method': 'GET' },
    });
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
    await app.close();
    await world.close();
  });
});
