import { type Browser } from 'playwright-core';
import { ADAPTERS } from '../../../support/app.js';
import { ADAPTER_NAMES, type Journey } from '../journeys.js';
import { SDKS } from '../sdks.js';
import { startClientShop } from '../shop.js';
import { KINDS } from './kinds.js';
import { type Site } from './site.js';
import { Tab } from './tab.js';

/** Every journey of every client in a web page, each with a profile of its own. */
export function visitsOf(browser: Browser, { page, elsewhere }: Site): Journey[] {
  return ADAPTERS.flatMap(adapter =>
    KINDS.flatMap(({ name, ofPage, prepare, route = {}, run }) =>
      (ofPage ? SDKS.slice(0, 1) : SDKS).map(sdk => ({
        name: `Chromium ${browser.version().split('.')[0]}, ${sdk.name}, ${ADAPTER_NAMES[adapter]}, ${name}`,
        async run() {
          const shop = await startClientShop({ adapter, page, route, prepare: app => prepare?.(app, page) });
          const profile = await browser.newContext();
          profile.setDefaultTimeout(60_000);
          try {
            const tab = new Tab(await profile.newPage(), page);
            await run({ sdk, shop, tab, elsewhere: async () => new Tab(await profile.newPage(), elsewhere) });
          } finally {
            await profile.close();
            await shop.close();
          }
        },
      })),
    ),
  );
}
