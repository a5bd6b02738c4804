import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Browser, type Page } from 'playwright-core';
import { startBrowser } from '../../interop/clients/browser/chromium.js';
import { type PageResult, report } from '../../support/page-results.js';
import { type PageCase, pageCases } from './cases.js';
import { makeReceipts, type Receipts } from './receipts.js';

const FILE = new URL('../../../libs/core/dist/receipt.html', import.meta.url);

const HELP = `npm run audit:page [-- options]
Opens the page of a receipt in a real browser, from its file and without a network, and gives it sound, changed and hostile receipts.
Installs a browser from Debian where there is none.

  --pictures <folder>   pictures of the page, on a wide and on a narrow screen
  --quick               the same: all of it takes less than a minute
  --json                only one line at the end: what is wrong, case by case
  --help                this text

The exit status is 1 when the page says the wrong thing, asks the network, or fails.`;

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    pictures: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit();
}

interface Visit {
  readonly page: Page;
  /** Everything that was asked of the network, and what went wrong in the page. */
  readonly requests: string[];
  readonly errors: string[];
}

async function visit(browser: Browser, width: number): Promise<Visit> {
  const context = await browser.newContext({ offline: true, viewport: { width, height: 900 }, colorScheme: 'light' });
  const page = await context.newPage();
  const [requests, errors]: string[][] = [[], []];
  page.on('request', request => request.url() !== FILE.href && requests!.push(request.url()));
  page.on('pageerror', error => errors!.push(error.message));
  page.on('console', message => message.type() === 'error' && errors!.push(message.text()));
  await page.goto(FILE.href);
  return { page, requests: requests!, errors: errors! };
}

/** By its file, as somebody does who got one. */
async function give(page: Page, { receipt, logKeys = '', witnesses = '' }: PageCase): Promise<void> {
  if (!(await page.locator('#trust').evaluate(one => (one as HTMLDetailsElement).open)))
    await page.locator('#trust summary').click();
  await page.locator('#log-keys').fill(logKeys);
  await page.locator('#witnesses').fill(witnesses);
  const folder = await mkdtemp(join(tmpdir(), 'eie-receipt-'));
  await writeFile(join(folder, 'receipt.json'), receipt);
  await page.locator('#file').setInputFiles(join(folder, 'receipt.json'));
  await page.locator('#result:not([hidden]), #mistake:not([hidden])').first().waitFor();
  await rm(folder, { recursive: true });
}

async function problemsOf(browser: Browser, one: PageCase): Promise<string[]> {
  const { page, requests, errors } = await visit(browser, 1280);
  try {
    await give(page, one);
    const [title, reason, chain, mistake] = await Promise.all(
      ['#verdict', '#reason', '#chain', '#mistake'].map(async id => (await page.locator(id).textContent()) ?? ''),
    );
    const isShown = await page.locator('#result').isVisible();
    const images = await page.locator('img').count();
    return [
      one.title !== undefined && (title !== one.title || !isShown) && `it says ${JSON.stringify(title)} (${reason})`,
      one.says && !one.says.test(reason!) && `its reason is ${JSON.stringify(reason)}`,
      one.chain && !one.chain.test(chain!) && `it draws ${JSON.stringify(chain)}`,
      one.mistake && (!one.mistake.test(mistake!) || isShown) && `it says of the mistake ${JSON.stringify(mistake)}`,
      (await page.title()).includes('pwned') && 'text of the receipt has run',
      images > 0 && 'text of the receipt has become an element',
      requests.length > 0 && `it asked for ${requests.join(', ')}`,
      errors.length > 0 && `it failed: ${errors.join(', ')}`,
    ].filter(problem => problem !== false && problem !== undefined);
  } finally {
    await page.context().close();
  }
}

async function takePictures(browser: Browser, receipts: Receipts, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { own, witnessed, logKey, witness } = receipts;
  const states = {
    witnessed: { receipt: witnessed, logKeys: logKey, witnesses: witness },
    operator: { receipt: own, logKeys: logKey },
    false: { receipt: own.replace('alice', 'alicf'), logKeys: logKey },
  };
  for (const [state, given] of Object.entries(states))
    for (const width of [1280, 390]) {
      const { page } = await visit(browser, width);
      await give(page, { name: state, ...given });
      await page.screenshot({ path: join(folder, `receipt-${state}-${width}.png`), fullPage: true });
      await page.context().close();
    }
}

async function main(): Promise<boolean> {
  if (!(await readFile(FILE, 'utf8')).includes("default-src 'none'")) throw new Error('The page has no policy.');
  const receipts = await makeReceipts();
  const browser = await startBrowser();
  const results: PageResult[] = [];
  try {
    for (const one of pageCases(receipts)) results.push({ name: one.name, problems: await problemsOf(browser, one) });
    if (options.pictures) await takePictures(browser, receipts, options.pictures);
  } finally {
    await browser.close();
  }
  return report('cases', results, options.json);
}

main().then(
  ok => (process.exitCode = ok ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
