import { check, failureOf } from './check.js';
import { type Choices, Host, type Registration } from './host.js';
import { type Sdk, type SdkClient, type SdkTransport } from './sdks.js';
import { type ClientShop } from './shop.js';

export interface Connected {
  readonly host: Host;
  readonly client: SdkClient;
  readonly transport: SdkTransport;
}

export interface Way {
  registration?: Registration;
  /** Lets the client itself choose its resource, as the older clients did: the address as a URL is written. */
  asUrl?: boolean;
  /** The key that its tokens are bound to. */
  dpop?: Choices['dpop'];
  /** Another route than that of the shop. */
  url?: URL;
}

/** From an address alone to a connected client: the challenge, both metadata documents, registration, login, token, initialisation. */
export async function connected(sdk: Sdk, shop: ClientShop, way: Way = {}): Promise<Connected> {
  const { registration = 'registration by the operator', asUrl = false, url = shop.mcp, dpop } = way;
  const host = new Host(shop.issuer, registration, {
    ...(asUrl && { validateResourceURL: async (_url, resource) => new URL(resource!) }),
    ...(dpop && { dpop }),
  });
  const first = sdk.transport(url, host);
  const refused = await failureOf('a client without a token', sdk.connect(first));
  if (!sdk.asksUser(refused)) throw refused;

  const [request] = host.wire;
  check('the first request is refused', request?.status, 401);
  const announced = /resource_metadata="([^"]+)"/.exec(request?.challenge ?? '')?.[1];
  const fetched = host.wire.find(({ url: { href } }) => href === announced);
  check('the metadata of the challenge is read', fetched?.status, 200);
  const [asked] = host.asked;
  const resource = asked?.get('resource');
  const named = url === shop.mcp ? shop.resource : url.href;
  check('the resource that is asked for', resource, asUrl ? new URL(named).href : named);
  check('PKCE', asked?.get('code_challenge_method'), 'S256');
  check('the scope that is asked for', asked?.get('scope')?.split(' ').includes('orders:read'), true);

  await sdk.finish(first, host.callback);
  const granted = tokenRequests(host).at(-1);
  check('the resource of the token request', granted?.get('resource'), resource);
  const transport = sdk.transport(url, host);
  return { host, transport, client: await sdk.connect(transport) };
}

/** The bodies of the requests that the client has sent to the token endpoint. */
export const tokenRequests = ({ wire }: Host): URLSearchParams[] =>
  wire
    .filter(({ method, url: { pathname } }) => method === 'POST' && pathname === '/token')
    .map(({ body }) => new URLSearchParams(body));

/** The tool says for whom it runs, and with which scopes. */
export async function call(client: SdkClient, name: string): Promise<{ sub: string; scopes: string[] }> {
  const { content } = await client.callTool({ name, arguments: {} });
  return JSON.parse(content[0].text);
}

/** Lists and calls tools, steps up for a second one, refreshes an expired token, all as one user. */
export async function wholeJourney(sdk: Sdk, shop: ClientShop, { host, client, transport }: Connected): Promise<void> {
  const { tools } = await client.listTools();
  check('the tools that the scopes allow', tools.map(({ name }) => name).sort(), ['read', 'stock']);
  const first = await call(client, 'read');
  check('the first call', [first.sub, first.scopes.includes('orders:write')], ['alice', false]);
  await stepUp(sdk, { host, client, transport });
  await refresh(shop, { host, client });
}

async function stepUp(sdk: Sdk, { host, client, transport }: Connected): Promise<void> {
  check('a refresh token was given', typeof host.held?.refresh_token, 'string');
  host.prepareStepUp({ dropRefreshToken: !sdk.stepsUpWithRefreshToken });
  const refused = await failureOf('a call that lacks a scope', call(client, 'write'));
  if (!sdk.asksUser(refused)) throw refused;
  check(
    'the refusal names the scope',
    host.wire.find(({ status }) => status === 403)?.challenge?.includes('orders:write'),
    true,
  );
  await sdk.finish(transport, host.callback);
  for (const name of ['write', 'read']) {
    const { sub, scopes } = await call(client, name);
    check(
      `${name} after the step-up`,
      [sub, ['orders:read', 'orders:write'].every(scope => scopes.includes(scope))],
      ['alice', true],
    );
  }
}

async function refresh(shop: ClientShop, { host, client }: Pick<Connected, 'host' | 'client'>): Promise<void> {
  host.hold(shop.expired(host.accessToken));
  const [before, asked] = [host.wire.length, host.asked.length];
  check('a call with an expired token', (await call(client, 'write')).sub, 'alice');
  const since = host.wire.slice(before);
  check('the expired token is refused', since[0]?.status, 401);
  check('nobody is asked again', host.asked.length, asked);
  check('the token is refreshed', tokenRequests(host).at(-1)?.get('grant_type'), 'refresh_token');
}
