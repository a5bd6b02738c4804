import { type INestApplication } from '@nestjs/common';
import { check, failureOf } from '../check.js';
import { type Sdk } from '../sdks.js';
import { type ClientShop, METADATA_DOCUMENT, REGISTERED, type ShopSetup } from '../shop.js';
import { type PageSetup, type Read } from './page.js';
import { type Tab } from './tab.js';

/** One client in one page, at one server. */
export interface Visit {
  readonly sdk: Sdk;
  readonly shop: ClientShop;
  readonly tab: Tab;
  /** Opens the same page under a name that the server does not allow. */
  elsewhere(): Promise<Tab>;
}

export interface Kind {
  readonly name: string;
  /** What the application does for web pages. */
  prepare?(app: INestApplication, page: string): void;
  readonly route?: ShopSetup['route'];
  /** Whether it is the same for every client. */
  readonly ofPage?: boolean;
  run(visit: Visit): Promise<void>;
}

const METADATA = '/.well-known/oauth-protected-resource/mcp';

const setupOf = ({ sdk, shop }: Visit, more: Partial<PageSetup> = {}): PageSetup => ({
  sdk: sdk.name,
  mcp: shop.mcp.href,
  client: { client_id: REGISTERED, issuer: shop.issuer },
  ...more,
});

const reads = (wire: readonly Read[], status: number, header: string): boolean =>
  wire.some(one => one.status === status && header in one.headers);

/** The journey of a client in Node, and what the page reads of each answer. */
async function whole(visit: Visit, setup: PageSetup): Promise<void> {
  const { sdk, shop, tab } = visit;
  await tab.signIn(setup);
  check('it reads the challenge', reads(await tab.wire(), 401, 'www-authenticate'), true);
  check('it reads the metadata', (await tab.wire()).find(({ path }) => path === METADATA)?.status, 200);
  check('the tools that the scopes allow', await tab.tools(), ['read', 'stock']);
  check('the first call', (await tab.call('read')).sub, 'alice');
  await tab.stepUp('write', { dropRefreshToken: !sdk.stepsUpWithRefreshToken });
  check('it reads the refusal', reads(await tab.wire(), 403, 'www-authenticate'), true);
  check('the call after the step-up', (await tab.call('write')).sub, 'alice');
  await tab.hold(shop.expired(await tab.token()));
  check('a call with an expired token', (await tab.call('write')).sub, 'alice');
}

const answers = async (tab: Tab, method: string) =>
  (await tab.wire()).flatMap(one => (one.method === method && one.path === '/mcp' ? [one.status] : []));

/** @returns the id of the session, which a client of the 2026 era does not have */
async function inSession(visit: Visit, setup: PageSetup): Promise<string | null> {
  const { sdk, tab } = visit;
  await whole(visit, setup);
  const id = await tab.session();
  check('a session', id !== null, sdk.opensStream);
  if (id !== null) check('the streams, one for each login', await answers(tab, 'GET'), [200, 200]);
  return id;
}

async function endOf(id: string, tab: Tab): Promise<void> {
  await tab.end();
  check('the end', await answers(tab, 'DELETE'), [200]);
  const { status } = await tab.send('/mcp', list(await tab.token(), { 'mcp-session-id': id }));
  check('it reads that the session is over', status, 404);
}

const list = (token: string, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2025-11-25',
    ...headers,
  },
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }),
});

export const KINDS: readonly Kind[] = [
  {
    name: 'enableCors(), known by its metadata document',
    prepare: app => app.enableCors(),
    async run(visit) {
      const { client: _, ...setup } = setupOf(visit, { clientMetadataUrl: METADATA_DOCUMENT });
      await whole(visit, setup);
    },
  },
  {
    name: 'enableCors(), in a session',
    prepare: app => app.enableCors(),
    route: { sessions: true },
    run: async visit => void (await inSession(visit, setupOf(visit))),
  },
  {
    // On Fastify enableCors() alone lets no page send DELETE.
    name: 'enableCors() for one page, with credentials and DELETE, in a session',
    prepare: (app, page) =>
      app.enableCors({ origin: new URL(page).origin, credentials: true, methods: ['GET', 'POST', 'DELETE'] }),
    route: { sessions: true },
    async run(visit) {
      const id = await inSession(visit, setupOf(visit, { withCredentials: true }));
      if (id !== null) await endOf(id, visit.tab);
    },
  },
  {
    name: 'enableCors() with headers of the application',
    prepare(app) {
      app.enableCors({ exposedHeaders: ['X-Own'] });
      app.use((_request: unknown, response: { setHeader(name: string, value: string): void }, next: () => void) => {
        response.setHeader('X-Own', 'own');
        next();
      });
    },
    ofPage: true,
    async run(visit) {
      const { tab } = visit;
      await tab.signIn(setupOf(visit));
      for (const [status, header] of [
        [401, 'www-authenticate'],
        [401, 'x-own'],
        [200, 'x-own'],
      ] as const)
        check(`it reads ${header} of ${status}`, reads(await tab.wire(), status, header), true);
    },
  },
  {
    name: 'without enableCors() the metadata alone is read',
    ofPage: true,
    async run(visit) {
      const { tab } = visit;
      await tab.open(setupOf(visit));
      await failureOf('a client without CORS', tab.begin());
      check('the route is not read', (await tab.wire()).find(({ path }) => path === '/mcp')?.status, null);
      for (const headers of [{}, { 'mcp-protocol-version': '2025-11-25' }])
        check('the metadata is read', (await tab.send(METADATA, { headers })).status, 200);
    },
  },
  {
    name: 'enableCors(), a page of another host is refused and told so',
    prepare: app => app.enableCors(),
    ofPage: true,
    async run(visit) {
      const { tab, shop } = visit;
      await tab.signIn(setupOf(visit));
      const token = await tab.token();
      const elsewhere = await visit.elsewhere();
      await elsewhere.open(setupOf(visit));
      check('its own page', (await tab.send('/mcp', list(token))).status, 200);
      check('the other page', (await elsewhere.send('/mcp', list(token))).status, 403);
      check('the reason on the audit log', shop.auditLog.events.at(-1)?.reason, 'origin_refused');
    },
  },
];
