import { type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import type { DevPage } from 'nestjs-eie/internal/cli';
import { ContractServer } from './contract-server.js';
import { visit } from './visit.js';

/** What a claim is tried on: the page in a browser, over a server of its own. */
export interface Stage {
  readonly page: Page;
  readonly server: ContractServer;
  /** The text that a reader sees in the element. */
  readonly seen: (selector: string) => Promise<string>;
}

export interface Claim {
  readonly name: string;
  readonly given?: Partial<DevPage>;
  readonly browser?: BrowserContextOptions;
  /** Before the page is opened. */
  readonly before?: (server: ContractServer) => void;
  /** What the browser is to complain of, because the claim does what is refused. */
  readonly complains?: RegExp;
  readonly holds: (stage: Stage) => Promise<void>;
}

/** What is wrong with the claim: nothing where it holds. */
export async function problemsOf(claim: Claim, browser: Browser): Promise<string[]> {
  const server = await new ContractServer(claim.given).start();
  claim.before?.(server);
  const { page, elsewhere, complaints } = await visit(browser, server.url, claim.browser);
  const problems: string[] = [];
  try {
    const seen = async (selector: string): Promise<string> =>
      (await page.locator(selector).allInnerTexts()).join('\n').replaceAll('\u00a0', ' ');
    await claim.holds({ page, server, seen });
  } catch (error) {
    problems.push((error as Error).message);
  } finally {
    await page.context().close();
    await server.stop();
  }
  if (elsewhere.length) problems.push(`it asked for ${elsewhere.join(', ')}`);
  const unmeant = complaints.filter(one => !claim.complains?.test(one));
  if (unmeant.length) problems.push(`the browser complains: ${unmeant.join('; ')}`);
  return problems;
}
