import assert from 'node:assert/strict';
import { type Page } from 'playwright-core';
import { type Claim, type Stage } from '../claim.js';
import { lowContrasts, overflows, unlabelled } from '../measures.js';
import { devCall, devPage, expired, refusedCall, stopped } from '../pages.js';
import { hostilePage, hostileToken } from './hostile.js';

const full = devPage({ calls: [refusedCall(), devCall(), devCall({ apis: [] })] });
const long = 'x'.repeat(300);

/** Everything that the page can open is open. */
async function openAll({ page, server }: Stage): Promise<void> {
  if (server.page.application.state !== 'stopped') await page.locator('#output summary').click();
  await page.getByRole('button', { name: 'Make a token' }).click();
  await page.locator('#made').waitFor();
  await page.locator('#token').fill('x');
  await page.getByRole('button', { name: 'Check the token' }).click();
  await page.locator('#decoded').waitFor();
}

/** What has the focus: its id, or how it is called. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const one = document.activeElement!;
    return one.id || one.getAttribute('aria-label') || one.textContent.trim();
  });

const PAGES = { 'with calls': full, stopped: devPage({ application: stopped }), hostile: devPage(hostilePage) };

const fits = ([name, given]: [string, typeof full], width: number): Claim => ({
  name: `fits into ${width} pixels: ${name}`,
  given,
  browser: { viewport: { width, height: 740 } },
  before: server => {
    server.decoded = [200, name === 'hostile' ? hostileToken : expired];
    server.token = [200, { token: long, expiresIn: 60 }];
  },
  holds: async stage => {
    await openAll(stage);
    assert.deepEqual(await stage.page.evaluate(overflows), []);
  },
});

const contrasts = (colorScheme: 'light' | 'dark', [name, given]: [string, typeof full]): Claim => ({
  name: `has a contrast of 4.5 in every text, ${colorScheme}: ${name}`,
  given,
  browser: { colorScheme },
  before: server => (server.decoded = [200, expired]),
  holds: async stage => {
    await openAll(stage);
    assert.deepEqual(await stage.page.evaluate(lowContrasts), []);
    const ground = await stage.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(/rgb\((\d+)/.exec(ground)![1]!.length > 2, colorScheme === 'light');
  },
});

export const READER_CLAIMS: Claim[] = [
  ...Object.entries(PAGES).map(one => fits(one, 360)),
  fits(['with calls', full], 1100),
  ...(['light', 'dark'] as const).flatMap(scheme =>
    Object.entries(PAGES)
      .slice(0, 2)
      .map(one => contrasts(scheme, one)),
  ),
  {
    name: 'can be read with the keyboard alone: each control is reached in order, its focus is seen, and it works',
    given: full,
    before: server => (server.decoded = [200, expired]),
    holds: async stage => {
      const { page, server } = stage;
      await page.locator('.call').first().waitFor();
      await page.evaluate(() => scrollTo(0, 0));
      const passed: string[] = [];
      for (let steps = 0; steps < 60; steps += 1) {
        await page.keyboard.press('Tab');
        const name = await focused(page);
        if (await page.evaluate(() => document.activeElement === document.body)) break;
        passed.push(name);
        const outline = await page.evaluate(() => getComputedStyle(document.activeElement!).outlineWidth);
        assert.ok(parseInt(outline) >= 2, `the focus on ${name} is not seen`);
        if (name === 'The last lines that it has printed') await page.keyboard.press('Enter');
        if (name === 'filter-outcome') await page.keyboard.press('r');
        if (name === 'scopes') await page.keyboard.type('orders:read');
        if (name === 'token') await page.keyboard.type('abc');
        if (['Make a token', 'Check the token'].includes(name)) await page.keyboard.press('Enter');
        if (name === 'Make a token') await page.locator('#made').waitFor();
        if (name === 'Check the token') await page.locator('#decoded').waitFor();
        if (name === 'Copy the lines for Cursor') {
          await page.keyboard.press('Enter');
          await page.getByText('Copied').waitFor();
        }
      }
      const wanted =
        'Calls,Tokens,Sign in as,Connect a client,The last lines that it has printed,lines,filter-user,filter-agent,filter-outcome,user,agent,scopes,Make a token,made-token,Copy the token,check-made,token,Check the token,Copy the lines for MCP Inspector,Copy the lines for Claude Code,Copy the lines for VS Code,Copy the lines for Cursor';
      assert.equal(passed.join(), wanted);
      assert.equal(await page.locator('.call').count(), 1);
      assert.deepEqual(
        server.asked.map(({ path }) => path),
        ['/token', '/decode'],
      );
    },
  },
  {
    name: 'has landmarks, headings in order and a name for each control, and no name twice',
    given: full,
    before: server => (server.decoded = [200, expired]),
    holds: async stage => {
      await openAll(stage);
      const { page } = stage;
      for (const role of ['banner', 'navigation', 'main'] as const) assert.equal(await page.getByRole(role).count(), 1);
      for (const name of ['Application', 'Live calls', 'Tokens', 'Sign in as', 'Connect a client'])
        assert.equal(await page.getByRole('region', { name, exact: true }).count(), 1, name);
      assert.deepEqual(await page.evaluate(unlabelled), []);
      const levels = await page.locator('h1,h2,h3,h4').evaluateAll(all => all.map(one => Number(one.tagName[1])));
      assert.equal(levels[0], 1);
      for (const [place, level] of levels.slice(1).entries()) assert.ok(level <= levels[place]! + 1, levels.join());
      for (const id of ['state', 'news', 'decoded-title'])
        assert.equal(await page.locator(`#${id}`).getAttribute('role'), 'status');
    },
  },
  ...(['reduce', 'no-preference'] as const).map((reducedMotion): Claim => ({
    name: `moves ${reducedMotion === 'reduce' ? 'nothing where a reader wants that' : 'only the ground of a new call'}`,
    given: full,
    browser: { reducedMotion },
    holds: async ({ page, server }) => {
      await page.locator('.call').first().waitFor();
      server.tell({ calls: [devCall({ handler: 'next' })] });
      await page.getByText('next', { exact: true }).waitFor();
      const names = await page
        .locator('.call')
        .first()
        .evaluate(one => getComputedStyle(one).animationName);
      assert.equal(names, reducedMotion === 'reduce' ? 'none' : 'arrive');
    },
  })),
];
