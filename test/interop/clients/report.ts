import 'reflect-metadata';
import { type Browser } from 'playwright-core';
import { startBrowser } from './browser/chromium.js';
import { type Site, startSite } from './browser/site.js';
import { visitsOf } from './browser/visits.js';
import { type Journey, NODE_JOURNEYS } from './journeys.js';

/** One client on one journey. */
export interface ClientRow {
  readonly name: string;
  readonly ok: boolean;
  /** What went wrong. */
  readonly detail?: string;
}

/** Milliseconds after which a journey has failed: a client may wait for ever for what does not come. */
const PATIENCE = 60_000;

/**
 * Runs the official clients of both SDK lines against real applications, in Node and in a real browser. It downloads the browser where the
 * machine has none and apt-get can: where it cannot, the browser is a row that failed. In the quick form each client makes each journey
 * in Node on one of the two adapters.
 */
export async function clientsReport({ isQuick = false } = {}): Promise<ClientRow[]> {
  const rows: ClientRow[] = [];
  for (const journey of NODE_JOURNEYS.filter(({ quick }) => quick || !isQuick)) rows.push(await rowOf(journey));
  return [...rows, ...(await browserRows())];
}

async function browserRows(): Promise<ClientRow[]> {
  let site: Site | undefined;
  let browser: Browser | undefined;
  try {
    site = await startSite();
    browser = await startBrowser();
    const rows: ClientRow[] = [];
    for (const visit of visitsOf(browser, site)) rows.push(await rowOf(visit));
    return rows;
  } catch (error) {
    return [{ name: 'Chromium', ok: false, detail: (error as Error).message }];
  } finally {
    await browser?.close();
    await site?.close();
  }
}

async function rowOf({ name, run }: Journey): Promise<ClientRow> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${PATIENCE / 1000} seconds`)), PATIENCE);
  });
  try {
    await Promise.race([run(), late]);
    return { name, ok: true };
  } catch (error) {
    return { name, ok: false, detail: (error as Error).message };
  } finally {
    clearTimeout(timer);
  }
}
