import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type INestApplication } from '@nestjs/common';
import { type Client } from '@modelcontextprotocol/client';
import { type AuditEvent } from 'nestjs-eie';
import { callTool, connect } from '../support/app.js';
import { base64url, claimsOf } from '../support/door.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { message, send } from '../support/mcp-messages.js';
import { MCP, ORDERS, startWorld, type World } from '../support/world.js';
import { changedLines, documentDiff, documented, fixtureDiff } from './fixture-diff.js';

const SCOPES = 'orders:read orders:write billing:read invoices:read deliveries:read profile:read';
const INPUTS: Record<string, Record<string, unknown>> = {
  list_orders: {},
  get_order: { orderId: 'o-17' },
  track_order: { orderId: 'o-17' },
  find_orders: { product: 'tea' },
  order_history: { orderId: 'o-17' },
  create_order: { product: 'tea', quantity: 2 },
  cancel_order: { orderId: 'o-17' },
  change_address: { orderId: 'o-17', street: 'Main Street 1', city: 'Springfield' },
  return_order: { orderId: 'o-17' },
  order_summary: { year: 2025 },
  whoami: {},
  list_products: {},
  get_product: { product: 'tea' },
  search_products: {},
  recommend: { product: 'tea' },
  opening_hours: {},
  get_balance: {},
  list_invoices: {},
  get_invoice: { invoiceId: 'i-1' },
  delivery_slots: {},
};

// The page that shows the diff is written by hand, the diff is not: UPDATE_DOCS=1 npm test -- mcp-nest/fixture
if (process.env.UPDATE_DOCS) documentDiff();

describe('a server of twenty tools, written for mcp-nest alone,', () => {
  let world: World;
  let api: Loopback;
  let folder: string;
  let servers: { before: INestApplication; after: INestApplication };
  let clients: { before: Client; after: Client };
  let token: string;

  beforeAll(async () => {
    world = await startWorld();
    api = await startLoopback((_request, response) => response.end('{"parcel":"on its way"}'));
    folder = mkdtempSync(join(tmpdir(), 'mcp-nest-'));
    Object.assign(process.env, {
      PORT: '0',
      RESOURCE: MCP,
      ISSUER: world.issuer,
      JWKS_URI: world.jwksUri,
      CLIENT_KEY: JSON.stringify(world.serverKey),
      ORDERS_URL: api.url,
      ORDERS_RESOURCE: ORDERS,
      AUDIT_DIRECTORY: join(folder, 'audit'),
    });
    servers = {
      before: (await import('./fixture/before/main.js')).app,
      after: (await import('./fixture/after/main.js')).app,
    };
    token = world.userToken({ scope: SCOPES });
    clients = {
      before: await connect(await servers.before.getUrl(), token),
      after: await connect(await servers.after.getUrl(), token),
    };
  });
  afterAll(async () => {
    for (const client of Object.values(clients ?? {})) await client.close();
    for (const server of Object.values(servers ?? {})) await server.close();
    await Promise.all([world?.close(), api?.close()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const executionsOf = (tool: string): AuditEvent[] => {
    const files = readdirSync(join(folder, 'audit'), { recursive: true, encoding: 'utf8' }).filter(name =>
      /records.+jsonl$/.test(name),
    );
    const lines = files.flatMap(name =>
      readFileSync(join(folder, 'audit', name), 'utf8')
        .split('\n')
        .filter(Boolean),
    );
    return lines
      .map(line => JSON.parse(line) as AuditEvent)
      .filter(event => event.handler === tool && event.type.startsWith('execution.'));
  };

  it('knows nothing of this library', () => {
    const before = new URL('fixture/before/', import.meta.url);
    for (const file of readdirSync(before)) expect(readFileSync(new URL(file, before), 'utf8')).not.toContain('eie');
  });

  it('has its diff and the number of its changed lines in the documentation as they are', () => {
    const { added, removed } = changedLines(fixtureDiff());
    expect(added).toBeGreaterThan(0);
    expect(documented()).toEqual({ diff: fixtureDiff(), added, removed });
  });

  it('lists the same twenty tools to a user with all scopes, protected or not', async () => {
    const lists = await Promise.all(
      [clients.before, clients.after].map(async client =>
        (await client.listTools()).tools.map(({ name, inputSchema }) => ({ name, inputSchema })),
      ),
    );
    expect(lists[0]!.map(({ name }) => name)).toEqual(Object.keys(INPUTS));
    expect(lists[1]).toEqual(lists[0]);
  });

  it.each(Object.keys(INPUTS))('answers %s as before, and its call is on the audit log', async tool => {
    const recorded = executionsOf(tool).length;
    const [before, after] = await Promise.all(
      [clients.before, clients.after].map(client => callTool(client, tool, INPUTS[tool])),
    );
    expect(before!.isError).toBe(false);
    expect(after).toEqual(before);
    expect(
      executionsOf(tool)
        .slice(recorded)
        .map(({ type, actor_sub }) => `${type} ${actor_sub}`),
    ).toEqual(['execution.intent alice', 'execution.outcome alice']);
  });

  it('gave its API the token of the user, and gives it one of its own on behalf of the user', async () => {
    const sentBy = async (client: Client) => {
      const from = api.requests.length;
      await callTool(client, 'track_order', { orderId: 'o-17' });
      return api.requests[from]!.headers.authorization!.slice('Bearer '.length);
    };
    expect(await sentBy(clients.before)).toBe(token);
    const sent = await sentBy(clients.after);
    expect(sent).not.toBe(token);
    expect(claimsOf(sent)).toMatchObject({ sub: 'alice', aud: ORDERS, act: { sub: 'mcp-server' } });
  });

  it('believed whoever wrote a token, and no longer does', async () => {
    const forged = `${base64url({ alg: 'none' })}.${base64url({ ...claimsOf(token), sub: 'mallory' })}.`;
    const call = message('2025-11-25', 'tools/call', { name: 'whoami', arguments: {} });
    const [before, after] = await Promise.all(
      [servers.before, servers.after].map(async server => send(await server.getUrl(), forged, '2025-11-25', call)),
    );
    expect(before!.body).toContain('mallory');
    expect(after!.status).toBe(401);
  });
});
