import { DpopSession } from '@modelcontextprotocol/client';
import { check } from './check.js';
import { connected, wholeJourney } from './journey.js';
import { type Sdk } from './sdks.js';
import { type ClientShop } from './shop.js';

/** The client binds its tokens to a key, proves it at every request, and does so through step-up and refresh. */
export async function boundTokens(sdk: Sdk, shop: ClientShop): Promise<void> {
  const session = await DpopSession.create();
  const all = await connected(sdk, shop, { dpop: () => session });
  await wholeJourney(sdk, shop, all);
  const sent = all.host.wire.flatMap(({ headers }) => headers.get('authorization') ?? []);
  check(
    'every token is sent as a bound one',
    sent.filter(value => !value.startsWith('DPoP ')),
    [],
  );
  check('tokens were sent', sent.length > 0, true);
  await all.client.close();
}
