import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, type Page } from 'playwright-core';
import type { DevPage } from 'nestjs-eie/internal/cli';
import { ContractServer } from './contract-server.js';
import { accepted, devCall, devPage, expired, refused, refusedCall, stopped } from './pages.js';
import { visit } from './visit.js';

/** Some calls as a developer makes them in his first hour, the newest first. */
const someCalls = (): DevPage['calls'] =>
  [
    devCall({ handler: 'whoami', apis: [], durationMs: 4 }),
    refusedCall(),
    devCall({
      user: 'bob',
      tenant: null,
      agent: 'assistant',
      handler: 'ship_order',
      durationMs: 1240,
      apis: [
        { target: 'orders_api', mode: 'on_behalf_of', result: { ...refused, outcome: 'succeeded', reason: null } },
        { target: 'stock_api', mode: 'service_identity', result: { ...refused, outcome: 'succeeded', reason: null } },
      ],
    }),
    devCall({
      user: null,
      tenant: null,
      agent: null,
      handler: null,
      apis: [],
      durationMs: 1,
      traceId: null,
      result: {
        ...refused,
        reason: 'token_expired',
        cause: 'The token has expired.',
        fix: 'Refresh the token, or sign in again.',
      },
    }),
    devCall(),
    devCall({
      handler: 'ship_order',
      durationMs: null,
      result: { ...refused, outcome: 'running', reason: null, cause: null, fix: null },
    }),
  ].reverse();

const decode = async (page: Page): Promise<void> => {
  await page.locator('#token').fill('eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl');
  await page.getByRole('button', { name: 'Check the token' }).click();
  await page.locator('#decoded').waitFor();
};

const PICTURES: Readonly<
  Record<string, { readonly given: Partial<DevPage>; readonly before?: (page: Page) => Promise<void> }>
> = {
  calls: { given: { calls: someCalls() } },
  refusal: { given: { calls: [refusedCall()] } },
  decoder: { given: {}, before: decode },
  empty: { given: {} },
  stopped: { given: { application: stopped } },
  absent: { given: { audit: { ...devPage().audit, state: 'absent' } } },
};

/** Takes each picture wide and at the width of a phone, light and dark. */
export async function takePictures(browser: Browser, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, { given, before }] of Object.entries(PICTURES)) {
    const server = await new ContractServer(given).start();
    server.decoded = [200, name === 'decoder' ? expired : accepted];
    for (const colorScheme of ['light', 'dark'] as const)
      for (const width of [1280, 360]) {
        const { page } = await visit(browser, server.url, { colorScheme, viewport: { width, height: 800 } });
        await page.locator('#state.listening, #state.stopped').waitFor();
        await before?.(page);
        await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
        await page.context().close();
      }
    await server.stop();
  }
}
