import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Controller, Get } from '@nestjs/common';
import { Delegated, type DelegatedFetch, RequireScopes } from 'nestjs-eie';
import { startApp, type TestApp } from '../support/app.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { ordersTarget } from '../support/orders.js';
import { until } from '../support/until.js';
import { MCP, ORDERS, SERVER_CLIENT, startWorld, TRUST_DOMAIN, type World } from '../support/world.js';

const root = new URL('../../', import.meta.url);
const EXAMPLES = ['receiver-node', 'receiver-express', 'receiver-fastify'];

@Controller('call')
class Caller {
  @Get()
  @RequireScopes('orders:read')
  async call(@Delegated('orders_api') orders: DelegatedFetch) {
    return (await orders('/')).json();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return port;
}

describe('the README of execution-identity', () => {
  it.each([...EXAMPLES.map(name => `examples/${name}/main.mjs`), 'examples/receiver-node/policy.mjs'])(
    'quotes %s as it is',
    file => {
      const readme = readFileSync(new URL('libs/core/README.md', root), 'utf8');
      const source = readFileSync(new URL(file, root), 'utf8');
      expect(readme).toContain(`<!-- ${file} -->\n\`\`\`js\n${source}\`\`\``);
    },
  );
});

describe.each(EXAMPLES)('the example %s', name => {
  let world: World;
  let sealerKeys: Loopback;
  let shop: TestApp;
  let service: ChildProcess;
  let url: string;

  beforeAll(async () => {
    world = await startWorld();
    sealerKeys = await startLoopback((_request, response) => response.end(JSON.stringify(world.sealing.jwks)));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const loader = fileURLToPath(new URL('test/support/typescript-loader.mjs', root));
    service = spawn(process.execPath, ['--import', loader, fileURLToPath(new URL(`examples/${name}/main.mjs`, root))], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        PORT: String(port),
        ISSUER: world.issuer,
        ISSUER_KEYS: world.jwksUri,
        RESOURCE: ORDERS,
        TRUST_DOMAIN,
        SEALER: MCP,
        SEALER_KEYS: sealerKeys.url,
        SEALER_CLIENT: SERVER_CLIENT,
      },
    });
    await until(() =>
      fetch(url).then(
        () => true,
        () => false,
      ),
    );
    shop = await startApp(world, {
      controllers: [Caller],
      options: {
        targets: { orders_api: ordersTarget(world, url) },
        signing: { keys: world.sealing.keys, trustDomain: TRUST_DOMAIN },
      },
    });
  });
  afterAll(async () => {
    service?.kill('SIGKILL');
    await Promise.all([shop?.close(), world?.close(), sealerKeys?.close()]);
  });

  it('lets a delegated call in, and says who acts', async () => {
    const answer = await fetch(`${shop.url}/call`, { headers: { authorization: `Bearer ${world.userToken()}` } });
    expect(await answer.json()).toEqual({ user: 'alice', agent: 'agent-desk-copilot' });
  });

  it('refuses a call without credentials, and one with a forged Txn-Token', async () => {
    expect((await fetch(url)).status).toBe(401);
    const forged = { authorization: `Bearer ${world.userToken()}`, 'txn-token': 'e30.e30.c2ln' };
    expect((await fetch(url, { headers: forged })).status).toBe(401);
  });
});
