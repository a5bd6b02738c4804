import assert from 'node:assert/strict';
import { type Claim } from '../claim.js';
import { devCall, devPage, RESOURCE, starting, stopped } from '../pages.js';

/** What the page says of the application and of the dev server, in every state of theirs. */
export const APPLICATION_CLAIMS: Claim[] = [
  {
    name: 'says that it asks, before the dev server has said anything',
    before: server => (server.isMute = true),
    holds: async ({ seen }) => {
      for (const part of ['#state', '#no-calls', '#users', '#clients']) assert.match(await seen(part), /Asking/);
    },
  },
  {
    name: 'names the resource, the issuer and the command of an application that listens',
    holds: async ({ page, seen }) => {
      await page.locator('#state.listening').waitFor();
      assert.match(await seen('#about'), new RegExp(`${RESOURCE}[^]*http://127.0.0.1:4100[^]*npm run start:dev`));
      assert.match(await page.title(), /listening/);
    },
  },
  {
    name: 'follows an application that starts, listens and crashes, without being loaded again',
    given: { application: starting },
    holds: async ({ page, server, seen }) => {
      await page.locator('#state.starting').waitFor();
      assert.match(await seen('#no-calls'), /is starting/);
      server.tell({ application: devPage().application });
      await page.locator('#state.listening').waitFor();
      server.tell({ application: stopped });
      await page.locator('#state.stopped').waitFor();
      assert.match(await seen('#no-calls'), /has stopped/);
    },
  },
  {
    name: 'shows the exit code, the last lines and what to do of one that has stopped, without a click',
    given: { application: stopped },
    holds: async ({ page, seen }) => {
      await page.locator('#state.stopped').waitFor();
      assert.match(await seen('#state'), /exit code 1/);
      assert.match(await seen('#lines'), /EIE_ISSUER: set it to/);
      assert.match(await seen('#state-fix'), /save/);
    },
  },
  {
    name: 'says so where a signal has stopped it and it has printed nothing',
    given: { application: { ...stopped, exitCode: null, output: [] } },
    holds: async ({ page, seen }) => {
      await page.locator('#state.stopped').waitFor();
      assert.match(await seen('#state'), /by a signal/);
      assert.match(await seen('#lines'), /printed nothing/);
    },
  },
  {
    name: 'says why it shows no call where the application keeps no audit log, and the fix',
    given: { audit: { directory: 'node_modules/.cache/nestjs-eie/audit', state: 'absent' } },
    holds: async ({ page, seen }) => {
      await page.locator('#no-calls .note').waitFor();
      assert.match(await seen('#no-calls'), /no audit log[^]*audit\.directory[^]*EIE_AUDIT_DIRECTORY[^]*\.cache/);
    },
  },
  {
    name: 'says how to make a call while there is none, as commands that a reader can copy',
    holds: async ({ page, seen }) => {
      await page.getByRole('button', { name: 'Copy the commands of a call' }).click();
      await page.getByText('Copied').waitFor();
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      assert.equal(copied, await seen('#no-calls pre'));
      assert.match(copied, /nestjs-eie token --sub alice[^]*curl http:\/\/localhost:3000\/mcp /);
    },
  },
  {
    name: 'writes a resource with signs of a shell as one word of the commands',
    given: { application: { ...devPage().application, resource: "http://localhost:3000/m';id;'" } },
    holds: async ({ page, seen }) => {
      await page.locator('#no-calls pre').waitFor();
      assert.ok((await seen('#no-calls pre')).includes(String.raw`curl 'http://localhost:3000/m'\'';id;'\''' `));
    },
  },
  {
    name: 'says that the dev server is gone, and shows what is new when it is back',
    given: { calls: [devCall({ handler: 'before' })] },
    holds: async ({ page, server, seen }) => {
      await page.getByText('before').waitFor();
      await server.stop();
      await page.locator('#lost').waitFor();
      assert.match(await seen('#lost-text'), /has not answered since \d/);
      assert.match(await page.title(), /no connection/);
      server.page = devPage({ calls: [devCall({ handler: 'after' })] });
      await server.start();
      await page.getByText('after', { exact: true }).waitFor();
      assert.equal(await page.locator('#lost').isVisible(), false);
      assert.equal(await page.getByText('before', { exact: true }).count(), 0);
      assert.match(await page.title(), /listening/);
    },
  },
  {
    name: 'stops trying after half a minute, says what to do, and tries again when it is told to',
    holds: async ({ page, server, seen }) => {
      await page.locator('#state.listening').waitFor();
      await page.clock.install();
      await server.stop();
      for (let tries = 1; tries <= 6; tries += 1) {
        await page.getByText(`It tries again (${tries} of 6)`).waitFor();
        await page.clock.runFor(16_000);
      }
      await page.getByText('It has stopped trying').waitFor();
      assert.match(await seen('#lost-text'), /Start `nestjs-eie dev` again/);
      await server.start();
      const { listened } = server;
      await page.clock.runFor(120_000);
      assert.equal(server.listened, listened);
      await page.getByRole('button', { name: 'Try again now' }).click();
      await page.locator('#lost').waitFor({ state: 'hidden' });
    },
  },
  {
    name: 'offers the users, the agents and the lines of each client, which are copied as they are',
    holds: async ({ page, seen }) => {
      await page.locator('#users strong').first().waitFor();
      assert.match(
        await seen('#users'),
        /Alice[^]*sub alice · tenant acme · roles clerk[^]*Bob[^]*no tenant · no roles/,
      );
      assert.match(await seen('#agents'), /desk, assistant/);
      for (const { name, where, text } of devPage().clients) {
        assert.ok((await seen('#clients')).includes(where));
        const article = page.locator('#clients article', { hasText: name });
        await page.getByRole('button', { name: `Copy the lines for ${name}` }).click();
        await article.getByText('Copied').waitFor();
        assert.equal(await page.evaluate(() => navigator.clipboard.readText()), text);
      }
    },
  },
  {
    name: 'is not silently empty where there are no users, no agents and no clients',
    given: { users: [], agents: [], clients: [] },
    holds: async ({ page, seen }) => {
      await page.locator('#state.listening').waitFor();
      assert.match(await seen('#users'), /no user/);
      assert.match(await seen('#agents'), /None yet/);
      assert.match(await seen('#clients'), /no client/);
    },
  },
];
