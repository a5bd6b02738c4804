import assert from 'node:assert/strict';
import type { DecodedToken, DevPage } from 'nestjs-eie/internal/cli';
import { type Claim } from '../claim.js';
import { devCall, devPage } from '../pages.js';

/** Text that would do something in a page that took it for more than text, and that turns the line around. */
export const HOSTILE = `</script><img src=x onerror="document.title='pwned'">\u202eecila\u0007`;
const SHOWN = `</script><img src=x onerror="document.title='pwned'">\\u{202e}ecila\\u{7}`;

const result: DevPage['calls'][number]['result'] = {
  outcome: 'refused',
  reason: HOSTILE,
  cause: HOSTILE,
  fix: HOSTILE,
};

export const hostilePage: Partial<DevPage> = {
  application: { ...devPage().application, command: HOSTILE, resource: HOSTILE, output: [HOSTILE] },
  issuer: HOSTILE,
  users: [{ sub: HOSTILE, name: HOSTILE, tenant: HOSTILE, roles: [HOSTILE] }],
  agents: [HOSTILE],
  scopes: [HOSTILE],
  clients: [{ name: 'Cursor', where: HOSTILE, text: HOSTILE }],
  audit: { directory: HOSTILE, state: 'absent' },
  calls: [
    devCall({
      ...{ id: HOSTILE, user: HOSTILE, tenant: HOSTILE, agent: HOSTILE, handler: HOSTILE, traceId: HOSTILE, result },
      apis: [{ target: HOSTILE, mode: 'on_behalf_of', result }],
    }),
  ],
};

export const hostileToken: DecodedToken = {
  header: { [HOSTILE]: HOSTILE },
  claims: { [HOSTILE]: { [HOSTILE]: HOSTILE }, exp: 1e300 },
  checks: [{ name: HOSTILE, result: 'failed', reason: HOSTILE, cause: HOSTILE, fix: HOSTILE }],
};

export const HOSTILE_CLAIMS: Claim[] = [
  {
    name: 'shows hostile text in every member as text, with what deceives the eye as its number',
    given: hostilePage,
    before: server => (server.decoded = [200, hostileToken]),
    holds: async ({ page, seen }) => {
      await page.locator('#token').fill('x');
      await page.getByRole('button', { name: 'Check the token' }).click();
      await page.locator('#decoded').waitFor();
      await page.locator('#output summary').click();
      for (const part of ['#about', '#lines', '#no-calls', '.call', '#decoded', '#users', '#agents', '#clients'])
        assert.ok((await seen(part)).includes(SHOWN), `${part} shows ${JSON.stringify(await seen(part))}`);
      assert.equal(await page.locator('img').count(), 0);
      assert.doesNotMatch(await page.title(), /pwned/);
    },
  },
  {
    name: 'says what the dev server refuses as text, too',
    before: server => (server.token = [400, { error: HOSTILE }]),
    holds: async ({ page, seen }) => {
      await page.getByRole('button', { name: 'Make a token' }).click();
      await page.locator('#make-mistake').waitFor();
      assert.equal(await seen('#make-mistake'), SHOWN);
    },
  },
  {
    name: 'runs no script but its own, and makes no element of text, whatever its own script were to do',
    holds: async ({ page }) => {
      await page.locator('#state.listening').waitFor();
      const tried = await page.evaluate(() => {
        const script = document.createElement('script');
        let isRefused = false;
        try {
          script.textContent = 'window.pwned = true';
          document.body.append(script);
        } catch {
          isRefused = true;
        }
        try {
          document.body.innerHTML = '<img src=x>';
        } catch {
          return [isRefused || !('pwned' in window), true];
        }
        return [isRefused || !('pwned' in window), false];
      });
      assert.deepEqual(tried, [true, true]);
    },
    complains: /Trusted ?Script|Trusted ?HTML|Content Security Policy|trusted types/i,
  },
];
