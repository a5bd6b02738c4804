import { Controller, Get, Post, Req } from '@nestjs/common';
import { Delegated, type DelegatedFetch, type ExecutionIdentityEnvelope, Identity, RequireScopes } from 'nestjs-eie';
import { RecordingLog, startApp, type TestApp } from '../../support/app.js';
import { ordersTarget } from '../../support/orders.js';
import { type ReceiverApp, startReceiver, trust } from '../../support/receiver-app.js';
import { LEDGER, ORDERS, ORDERS_CLIENT, SERVER_CLIENT, type World } from '../../support/world.js';
import { accountOptions, AccountsController } from '../accounts.js';
import { type Application, type Stage } from '../application.js';
import { answers, bearer, closing, refused, sendTo, viewsOf } from '../parts.js';

let stage: Stage;
let [orders, ledger] = [] as unknown as [ReceiverApp, ReceiverApp];
let shop: TestApp;

@Controller('orders')
class OrdersController {
  @Get()
  @RequireScopes('orders:read')
  async list(@Req() request: object, @Delegated('ledger_api') entries: DelegatedFetch) {
    stage.see('by the service between', viewsOf(request));
    const text = await (await entries('/entries')).text();
    stage.see('by the service between, of the ledger', text);
    return text;
  }

  @Post()
  @RequireScopes('orders:read')
  async write(@Delegated('ledger_api') entries: DelegatedFetch) {
    const { status } = await entries('/entries', { method: 'POST' });
    return `ledger: ${status}`;
  }
}

@Controller('entries')
class LedgerController {
  @Get()
  @RequireScopes('ledger:read')
  list(@Req() request: object, @Identity() { actor, authorization }: ExecutionIdentityEnvelope) {
    stage.see('by the last service', viewsOf(request));
    return { entries: 17, for: actor.sub, scopes: authorization.scopes };
  }

  @Post()
  @RequireScopes('ledger:write')
  write() {
    return 'written';
  }
}

const presenters = ({ issuer }: World) => [
  { issuer, clientId: SERVER_CLIENT },
  { issuer, clientId: ORDERS_CLIENT, forwards: true },
];

const again = async (to: ReceiverApp, path: string, from: ReceiverApp, init: RequestInit = {}) => {
  await read();
  const { authorization, 'txn-token': txnToken } = from.received.at(-1)!;
  const headers = { authorization: authorization!, 'txn-token': String(txnToken), ...(init.headers as object) };
  return sendTo(to.url)(path, { ...init, headers });
};
/** What the service between gets by the book, for everything that it may do itself. */
async function wideToken(): Promise<string> {
  const { ordersClient, issuer } = stage.world;
  const { clientId, auth } = ordersClient;
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${clientId}:${auth.secret}`).toString('base64')}` },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      resource: LEDGER,
      scope: 'ledger:read ledger:write',
    }),
  });
  return `Bearer ${((await response.json()) as { access_token: string }).access_token}`;
}

/** By a user who may write there; the first server passes on only that it may read. */
const read = () =>
  sendTo(shop.url)(
    '/accounts/orders',
    bearer(stage.world.userToken({ scope: 'orders:read ledger:read ledger:write' })),
  );

export const application: Application = {
  name: 'a service that calls another one onward, in the same identity',
  async start(given) {
    stage = given;
    const { world, adapter, auditLog } = stage;
    ledger = await startReceiver(world, {
      adapter,
      service: 'ledger_api',
      resource: LEDGER,
      controllers: [LedgerController],
      options: { trust: trust(world, presenters(world)) },
    });
    // Its own token is wider than what the first server lets it use.
    const ledger_api = {
      mode: 'service_identity' as const,
      baseUrl: ledger.url,
      issuer: world.issuer,
      resource: LEDGER,
      scopes: ['ledger:read', 'ledger:write'],
    };
    orders = await startReceiver(world, {
      adapter,
      service: 'orders_api',
      resource: ORDERS,
      controllers: [OrdersController],
      options: {
        issuers: [world.issuerOptions({ audience: [ORDERS], client: world.ordersClient })],
        targets: { ledger_api },
        audit: { log: auditLog },
      },
    });
    const options = accountOptions(stage, {
      signing: { keys: world.sealing.keys },
      audit: { log: new RecordingLog() },
    });
    const orders_api = { ...ordersTarget(world, orders.url), onward: { ledger_api: ['ledger:read'] } };
    shop = await startApp(world, {
      adapter,
      controllers: [AccountsController],
      options: { ...options, targets: { ...options.targets, orders_api } },
    });
    const close = () => Promise.all([shop.close(), ledger.close()]);
    return { ...orders, app: closing(orders.app, close), send: sendTo(shop.url) };
  },
  legitimate: () => [
    answers('the ledger answers for the user', () => read(), '"for":"alice","scopes":["ledger:read"]'),
  ],
  attacks: (_running, { auditLog }) => [
    {
      promise: 4,
      name: 'the service between writes where the user let it read',
      async run() {
        await read();
        const { status } = await again(ledger, '/entries', ledger, {
          method: 'POST',
          headers: { authorization: await wideToken() },
        });
        const { text } = await again(orders, '/orders', orders, { method: 'POST' });
        return status >= 400 && !text.includes('201') ? undefined : `${status} ${text}`;
      },
    },
    {
      promise: 1,
      name: 'a token of one service is shown to another',
      async run() {
        const { text } = await read();
        return stage.tokens().some(token => text.includes(token)) ? text : undefined;
      },
    },
    refused(2, 'what was sent to one service is sent to another', () => again(ledger, '/entries', orders)),
    refused(3, 'anybody calls the ledger', () => sendTo(ledger.url)('/entries')),
    {
      promise: 5,
      name: 'the call onward leaves no record of the user',
      async run() {
        const before = auditLog.events.length;
        await read();
        const record = auditLog.events.slice(before).find(({ type }) => type === 'delegation.intent');
        return record?.actor_sub === 'alice' && record.target === 'ledger_api' ? undefined : `${record?.type}`;
      },
    },
  ],
};
