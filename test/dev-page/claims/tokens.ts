import assert from 'node:assert/strict';
import { type Page } from 'playwright-core';
import { type Claim } from '../claim.js';
import { accepted, expired, noToken } from '../pages.js';

const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl';

async function check(page: Page, token = TOKEN): Promise<void> {
  await page.locator('#token').fill(token);
  await page.getByRole('button', { name: 'Check the token' }).click();
}

export const TOKEN_CLAIMS: Claim[] = [
  {
    name: 'shows header, claims and checks of a token that passes every check',
    before: server => (server.decoded = [200, accepted]),
    holds: async ({ page, server, seen }) => {
      await check(page, ` ${TOKEN}\n`);
      await page.getByText('It passes every check').waitFor();
      assert.deepEqual(server.asked, [{ path: '/decode', body: { token: TOKEN } }]);
      assert.match(await seen('#inside'), /ES256[^]*client_id\s+desk[^]*iat\s+1795867200 \(28\/11\/2026/);
      assert.equal(await page.locator('#checks .passed').count(), 3);
    },
  },
  {
    name: 'shows the check that fails, its cause and its fix, and which checks were not asked',
    before: server => (server.decoded = [200, expired]),
    holds: async ({ page, seen }) => {
      await check(page);
      await page.getByText('It is refused: token_expired').waitFor();
      assert.match(
        await seen('#checks .failed'),
        /has not expired[^]*failed[^]*The token has expired[^]*sign in again/,
      );
      assert.match(await seen('#checks .not-asked'), /not asked/);
    },
  },
  {
    name: 'says of a text that is no token why it is none',
    before: server => (server.decoded = [200, noToken]),
    holds: async ({ page, seen }) => {
      await check(page, 'hello');
      await page.getByText('It is refused: token_malformed').waitFor();
      assert.match(await seen('#inside'), /no JWT/);
    },
  },
  {
    name: 'looks into a token as soon as it is pasted, and takes its answer away when the token changes',
    before: server => (server.decoded = [200, expired]),
    holds: async ({ page }) => {
      await page.evaluate(token => navigator.clipboard.writeText(token), TOKEN);
      await page.locator('#token').focus();
      await page.keyboard.press('ControlOrMeta+v');
      await page.locator('#decoded').waitFor();
      await page.locator('#token').pressSequentially('x');
      await page.locator('#decoded').waitFor({ state: 'hidden' });
    },
  },
  {
    name: 'says what is wrong where there is no token, where the dev server refuses it, and where it is gone',
    before: server => (server.decoded = [400, { error: 'Send at most 65536 characters.' }]),
    holds: async ({ page, server }) => {
      await page.getByRole('button', { name: 'Check the token' }).click();
      await page.getByText('There is no token').waitFor();
      await check(page);
      await page.getByText('Send at most 65536 characters.').waitFor();
      await server.stop();
      await check(page);
      await page.locator('#decode-mistake').getByText('does not answer').waitFor();
      await server.start();
    },
  },
  {
    name: 'makes a token for the user, the agent and the scopes that were chosen, and copies it',
    holds: async ({ page, server, seen }) => {
      await page.locator('#user').selectOption('bob');
      await page.locator('#agent').fill('assistant');
      await page.locator('#scopes').fill(' a:b  c ');
      await page.getByRole('button', { name: 'Make a token' }).click();
      await page.getByRole('button', { name: 'Copy the token' }).click();
      await page.getByText('Copied').waitFor();
      assert.deepEqual(server.asked[0]?.body, { sub: 'bob', agent: 'assistant', scopes: ['a:b', 'c'] });
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'eyJ0.made.here');
      assert.match(await seen('#made-label'), /valid for 5 minutes/);
    },
  },
  {
    name: 'looks into the token that it has made',
    before: server => (server.decoded = [200, accepted]),
    holds: async ({ page, server }) => {
      await page.locator('#users strong').first().waitFor();
      await page.getByRole('button', { name: 'Make a token' }).click();
      await page.getByRole('button', { name: 'Check it' }).click();
      await page.getByText('It passes every check').waitFor();
      assert.equal(server.asked[1]?.body.token, 'eyJ0.made.here');
      assert.equal(await page.evaluate(() => document.activeElement?.id), 'decoded');
    },
  },
  {
    name: 'says why no token was made',
    before: server => (server.token = [400, { error: 'There is no user "mallory".' }]),
    holds: async ({ page, server }) => {
      await page.getByRole('button', { name: 'Make a token' }).click();
      await page.getByText('There is no user "mallory".').waitFor();
      server.token = [500, 'nothing that is JSON of an error'];
      await page.getByRole('button', { name: 'Make a token' }).click();
      await page.getByText('status 500').waitFor();
    },
  },
  {
    name: 'stores no token: not in the browser, not in the field, not in the address',
    before: server => (server.decoded = [200, expired]),
    holds: async ({ page }) => {
      await check(page);
      await page.locator('#decoded').waitFor();
      const address = page.url();
      const stored = await page.evaluate(async () => [
        localStorage.length,
        sessionStorage.length,
        document.cookie,
        (await indexedDB.databases()).length,
        (await caches.keys()).length,
        JSON.stringify(history.state),
      ]);
      assert.deepEqual(stored, [0, 0, '', 0, 0, 'null']);
      assert.equal(await page.locator('#token').getAttribute('autocomplete'), 'off');
      await page.reload();
      assert.equal(await page.locator('#token').inputValue(), '');
      assert.equal(page.url(), address);
    },
  },
];
