import { until } from '../../support/until.js';
import { check } from './check.js';
import { type Host } from './host.js';
import { call, connected, type Connected } from './journey.js';
import { type Sdk } from './sdks.js';
import { type ClientShop } from './shop.js';

const answers = ({ wire }: Host, method: string): number[] =>
  wire.filter(one => one.method === method && one.headers.has('authorization')).map(({ status }) => status);

/** A server without sessions: the client gets none, is refused a stream, and works all the same. */
export async function withoutSession(sdk: Sdk, shop: ClientShop): Promise<void> {
  const { client, host, transport } = await connected(sdk, shop);
  check('no session', transport.sessionId, undefined);
  check('a call', (await call(client, 'read')).sub, 'alice');
  if (sdk.opensStream) {
    await until(() => answers(host, 'GET').length > 0);
    check('the stream', answers(host, 'GET'), [405]);
  }
  await transport.terminateSession();
  check('nothing to end', answers(host, 'DELETE'), []);
  await client.close();
}

/** A server with sessions: the client has one with a stream of its own, and ends it. A client of the 2026 era has none. */
export async function withSession(sdk: Sdk, shop: ClientShop): Promise<void> {
  const { client, host, transport } = await connected(sdk, shop);
  const id = transport.sessionId;
  check('a session', typeof id, sdk.opensStream ? 'string' : 'undefined');
  check('a call', (await call(client, 'read')).sub, 'alice');
  if (sdk.opensStream) {
    await until(() => answers(host, 'GET').length > 0);
    check('the stream', answers(host, 'GET'), [200]);
    await reopensStream(shop, { client, host, transport });
    await transport.terminateSession();
    check('the end', answers(host, 'DELETE'), [200]);
    check('the session is over', await statusIn(id!, sdk, shop, host), 404);
  }
  await client.close();
}

/** The stream breaks while the token expires: the client refreshes it, and opens the stream again in its session. */
async function reopensStream(shop: ClientShop, { client, host, transport }: Connected): Promise<void> {
  const before = transport.sessionId;
  host.hold(shop.expired(host.accessToken));
  shop.app.getHttpServer().closeAllConnections();
  await until(() => answers(host, 'GET').filter(status => status === 200).length > 1);
  check('the stream is opened again, with a new token', answers(host, 'GET').slice(-2), [401, 200]);
  check('a call in the same session', [(await call(client, 'read')).sub, transport.sessionId], ['alice', before]);
}

async function statusIn(id: string, { era }: Sdk, shop: ClientShop, host: Host): Promise<number> {
  const { status } = await fetch(shop.mcp, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${host.accessToken}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': era,
      'mcp-session-id': id,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }),
  });
  return status;
}

/** The server answers in every version of the protocol that the client speaks, as if it had asked for that one alone. */
export async function everyVersion(sdk: Sdk, shop: ClientShop): Promise<void> {
  const { host, client } = await connected(sdk, shop);
  await client.close();
  for (const version of sdk.versions) {
    const transport = sdk.transport(shop.mcp, host);
    const send = transport.send.bind(transport);
    transport.send = (message, options) => {
      if (message.method === 'initialize') message.params.protocolVersion = version;
      return send(message, options);
    };
    const before = host.wire.length;
    const again = await sdk.connect(transport);
    check(`a call in ${version}`, (await call(again, 'read')).sub, 'alice');
    const spoken = host.wire.slice(before).findLast(({ method }) => method === 'POST')?.headers;
    check('the version that is spoken', spoken?.get('mcp-protocol-version'), version);
    await again.close();
  }
}
