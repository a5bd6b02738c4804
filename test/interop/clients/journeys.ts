import { type Adapter, ADAPTERS } from '../../support/app.js';
import { severalAudiences, twoRoutes } from './audiences.js';
import { boundTokens } from './bound.js';
import { REGISTRATIONS } from './host.js';
import { connected, type Way, wholeJourney } from './journey.js';
import { type Sdk, SDKS } from './sdks.js';
import { everyVersion, withoutSession, withSession } from './sessions.js';
import { type ClientShop, type ShopSetup, startClientShop } from './shop.js';

/** One official client against one server. */
export interface Journey {
  readonly name: string;
  run(): Promise<void>;
}

const whole =
  (way: Way) =>
  async (sdk: Sdk, shop: ClientShop): Promise<void> => {
    const all = await connected(sdk, shop, way);
    await wholeJourney(sdk, shop, all);
    await all.client.close();
  };

type Kind = [name: string, run: (sdk: Sdk, shop: ClientShop) => Promise<void>, setup?: Omit<ShopSetup, 'adapter'>];

/** How the server writes its resource, and whether the client sends that or, as older clients do, what a URL of it looks like. */
const PATHLESS: [spelling: string, resourceOf: (origin: string) => string, asUrl: boolean][] = [
  ['without a slash', origin => origin, false],
  ['without a slash, asked for with one', origin => origin, true],
  ['with a slash', origin => `${origin}/`, false],
];

const KINDS: Kind[] = [
  ...REGISTRATIONS.map((registration): Kind => [`the whole journey by ${registration}`, whole({ registration })]),
  ['the whole journey in a session', whole({}), { route: { sessions: true } }],
  ...PATHLESS.map(([spelling, resourceOf, asUrl]): Kind => [
    `a resource without a path, ${spelling}`,
    whole({ asUrl }),
    { path: '/', resourceOf },
  ]),
  ['a server without sessions', withoutSession],
  ['a session, its stream and its end', withSession, { route: { sessions: true } }],
  ['every protocol version', everyVersion],
  ['every protocol version in a session', everyVersion, { route: { sessions: true } }],
  ['two routes with a resource each', twoRoutes, { second: true }],
  ['a token for several audiences', severalAudiences],
  ['tokens bound to a key (DPoP)', boundTokens],
];

export const ADAPTER_NAMES: Record<Adapter, string> = { express: 'Express', fastify: 'Fastify' };

/** Every journey of every client in Node, each against an application of its own. `quick` is the half that the tests run. */
export const NODE_JOURNEYS: readonly (Journey & { readonly quick: boolean })[] = SDKS.flatMap((sdk, sdkIndex) =>
  ADAPTERS.flatMap((adapter, adapterIndex) =>
    KINDS.filter(([, run]) => sdk.bindsTokens || run !== boundTokens).map(([kind, run, setup], kindIndex) => ({
      name: `${sdk.name}, ${ADAPTER_NAMES[adapter]}, ${kind}`,
      quick: (sdkIndex + adapterIndex + kindIndex) % 2 === 0,
      async run() {
        const shop = await startClientShop({ adapter, ...setup });
        try {
          await run(sdk, shop);
        } finally {
          await shop.close();
        }
      },
    })),
  ),
);
