import { check, failureOf } from './check.js';
import { call, connected } from './journey.js';
import { type Sdk } from './sdks.js';
import { type ClientShop } from './shop.js';

/** Two routes with a resource each: the client gets a token for each from its own metadata, and neither works at the other. */
export async function twoRoutes(sdk: Sdk, shop: ClientShop): Promise<void> {
  const stock = new URL('/stock', shop.mcp);
  const [first, second] = [await connected(sdk, shop), await connected(sdk, shop, { url: stock })];
  check('a call at the first route', (await call(first.client, 'read')).sub, 'alice');
  const { content } = await second.client.callTool({ name: 'stock', arguments: {} });
  check('a call at the second route', content[0].text, '7');

  const asked = second.host.asked.length;
  second.host.hold(first.host.accessToken);
  await second.client.callTool({ name: 'stock', arguments: {} });
  check(
    'a token for the first route is replaced at the second',
    second.host.wire.some(({ status }) => status === 401),
    true,
  );
  check('without asking anybody', second.host.asked.length, asked);
  await Promise.all([first.client.close(), second.client.close()]);
}

/** A token that names several audiences, of which this server is one; and one that does not name it. */
export async function severalAudiences(sdk: Sdk, shop: ClientShop): Promise<void> {
  const { client, host } = await connected(sdk, shop);
  const [token, { resource }] = [host.accessToken, shop];
  host.hold(shop.readdressed(token, [ALSO, resource]));
  check('a token for two servers', (await call(client, 'read')).sub, 'alice');
  host.prepareStepUp({ dropRefreshToken: true });
  host.hold(shop.readdressed(token, ALSO));
  const refused = await failureOf('a token for another server', call(client, 'read'));
  check('the user is asked to sign in', sdk.asksUser(refused), true);
  await client.close();
}

/** An audience beside ours. */
export const ALSO = 'https://also.test';
