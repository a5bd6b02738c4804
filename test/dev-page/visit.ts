import { type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

export interface Visit {
  readonly page: Page;
  /** Requests to another place than the one that was visited. */
  readonly elsewhere: string[];
  /** What the browser has complained of. */
  readonly complaints: string[];
}

/** Opens the page at this address, and sees what it asks for and what goes wrong in it. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    colorScheme: 'light',
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'UTC',
    permissions: ['clipboard-read', 'clipboard-write'],
    ...options,
  });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const [elsewhere, complaints]: [string[], string[]] = [[], []];
  page.on('request', request => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) elsewhere.push(request.url());
  });
  page.on('pageerror', error => complaints.push(error.message));
  page.on('console', message => {
    // The browser itself says of each answer that is an error, and of a server that is gone. The page says it in words.
    const isOfNetwork = /^Failed to load resource/.test(message.text());
    if (['error', 'warning'].includes(message.type()) && !isOfNetwork) complaints.push(message.text());
  });
  await page.goto(url);
  return { page, elsewhere, complaints };
}
