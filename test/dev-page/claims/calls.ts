import assert from 'node:assert/strict';
import { type Page } from 'playwright-core';
import { type Claim } from '../claim.js';
import { devCall, refused, refusedCall, stopped, succeeded } from '../pages.js';

const tools = (page: Page): Promise<string[]> =>
  page.locator('.call > .chain > li:nth-child(3) strong').allInnerTexts();

export const CALL_CLAIMS: Claim[] = [
  {
    name: 'draws a call as user, agent, tool, mode, API and outcome, with its time and duration',
    given: { calls: [devCall({ time: '2026-11-28T13:14:15.000Z' })] },
    holds: async ({ page, seen }) => {
      await page.locator('.call').waitFor();
      const words = (await seen('.call')).replace(/\s+/g, ' ');
      assert.match(
        words,
        /13:14:15 42 ms trace 0af.* User alice acme Agent desk Tool get_order_status Mode on_behalf_of .* API orders_api .*succeeded Outcome ✔ succeeded/,
      );
    },
  },
  {
    name: 'shows code, cause and fix of a refusal without a click',
    given: { calls: [refusedCall()] },
    holds: async ({ page }) => {
      await page.locator('.call').waitFor();
      for (const text of [refused.reason, refused.cause, refused.fix])
        assert.ok(await page.locator('.reason').getByText(text!, { exact: true }).isVisible(), text!);
    },
  },
  {
    name: 'names the API that has refused, and says a reason once that call and API share',
    given: {
      calls: [
        devCall({ result: refused, apis: [{ target: 'orders_api', mode: 'service_identity', result: refused }] }),
        devCall({ apis: [{ target: 'stock_api', mode: 'restricted_user', result: refused }], result: succeeded }),
      ],
    },
    holds: async ({ page, seen }) => {
      await page.locator('.call').first().waitFor();
      assert.equal(await page.locator('.reason').count(), 2);
      assert.match(await seen('.call:nth-child(2) .reason'), /insufficient_scope \(stock_api\)/);
    },
  },
  {
    name: 'says what is not known of a call that was refused before a token was verified',
    given: {
      calls: [
        devCall({ user: null, agent: null, handler: null, apis: [], result: { ...refused, cause: null, fix: null } }),
      ],
    },
    holds: async ({ page, seen }) => {
      await page.locator('.call').waitFor();
      assert.match(
        await seen('.call'),
        /nobody[^]*no token was verified[^]*none is named[^]*none was found[^]*none was called/,
      );
      assert.match(await seen('.reason'), /not known[^]*None is known/);
    },
  },
  {
    name: 'adds a call that comes as the first, says it to those who do not see it, and completes it in its place',
    given: { calls: [devCall({ id: 'old', handler: 'old_one', time: '2026-01-01T00:00:00.000Z' })] },
    holds: async ({ page, server, seen }) => {
      await page.getByText('old_one').waitFor();
      const running = { ...succeeded, outcome: 'running' } as const;
      server.tell({ calls: [devCall({ id: 'new', handler: 'new_one', durationMs: null, result: running })] });
      await page.getByText('new_one', { exact: true }).waitFor();
      assert.deepEqual(await tools(page), ['new_one', 'old_one']);
      assert.match(await seen('#news'), /new_one for alice/);
      assert.equal(await page.locator('#news').getAttribute('role'), 'status');
      server.tell({ calls: [devCall({ id: 'new', handler: 'new_one', durationMs: 1500 })] });
      await page.getByText('1.5 s').waitFor();
      assert.deepEqual(await tools(page), ['new_one', 'old_one']);
    },
  },
  {
    name: 'shows only the calls of one user, agent or outcome, and says where none is like that',
    given: { calls: [refusedCall(), devCall({ user: 'bob', agent: 'assistant', handler: 'of_bob' }), devCall()] },
    holds: async ({ page }) => {
      await page.locator('.call').first().waitFor();
      await page.getByLabel('User', { exact: true }).first().selectOption('bob');
      assert.deepEqual(await tools(page), ['of_bob']);
      await page.getByLabel('Outcome').selectOption('refused');
      await page.getByText('None of the last calls is like that').waitFor();
      await page.getByLabel('User', { exact: true }).first().selectOption('');
      assert.deepEqual(await tools(page), ['cancel_order']);
    },
  },
  {
    name: 'keeps 200 calls and 40 long lines usable: twenty calls at once, the older ones on demand, the lines in a box of their own',
    given: {
      application: {
        ...stopped,
        output: Array.from({ length: 40 }, (_, line) => `${line} ${'a long word '.repeat(40)}`),
      },
      calls: Array.from({ length: 200 }, (_, place) => devCall({ handler: `tool_${200 - place}` })).reverse(),
    },
    holds: async ({ page, server }) => {
      await page.locator('.call').first().waitFor();
      assert.equal(await page.locator('.call').count(), 20);
      const { height = 0 } = (await page.locator('#lines').boundingBox()) ?? {};
      assert.ok(height > 100 && height <= 330, `the lines are ${height} pixels high`);
      while (await page.locator('#more').isVisible()) await page.locator('#more').click();
      assert.equal(await page.locator('.call').count(), 200);
      assert.ok(await page.evaluate(() => document.activeElement?.matches('.call')), 'the focus has not followed');
      server.tell({ calls: [devCall({ handler: 'one_more' })] });
      await page.getByText('one_more', { exact: true }).waitFor();
      assert.equal(await page.locator('.call').count(), 200);
    },
  },
  {
    name: 'leaves what a reader has marked and chosen alone when calls come',
    given: { calls: [devCall({ handler: 'marked' })] },
    holds: async ({ page, server }) => {
      await page.getByText('marked', { exact: true }).waitFor();
      await page.locator('#scopes').fill('mine:own');
      await page.locator('#user').selectOption('bob');
      await page.getByText('marked', { exact: true }).selectText();
      server.tell({ calls: [devCall({ handler: 'next' })], agents: ['desk', 'assistant', 'third'], scopes: ['other'] });
      await page.getByText('next', { exact: true }).waitFor();
      assert.equal(await page.evaluate(() => String(getSelection())), 'marked');
      assert.equal(await page.locator('#scopes').inputValue(), 'mine:own');
      assert.equal(await page.locator('#user').inputValue(), 'bob');
      const agents = await page
        .locator('#known-agents option')
        .evaluateAll(all => all.map(one => one.getAttribute('value')));
      assert.deepEqual(agents, ['desk', 'assistant', 'third']);
    },
  },
];
