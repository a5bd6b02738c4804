import assert from 'node:assert/strict';
import { type Browser, type Page } from 'playwright-core';
import { DevRun, linkPackages, LOADER } from '../dev/dev-run.js';
import { callTool, connect } from '../support/app.js';
import { freePort } from '../support/free-port.js';
import { makeNestProject, type NestProjectFolder } from '../support/nest-project.js';
import { visit } from './visit.js';

interface Place {
  readonly page: Page;
  readonly project: NestProjectFolder;
  readonly run: DevRun;
  /** Of the application. */
  readonly url: string;
}

/** Where a crash, a start or a call of another process must have been seen. Milliseconds. */
const PATIENCE = 120_000;

const makeToken = async (page: Page): Promise<string> => {
  await page.locator('#user').selectOption('alice');
  await page.locator('#agent').fill('desk');
  await page.getByRole('button', { name: 'Make a token' }).click();
  await page.locator('#made').waitFor();
  return page.locator('#made-token').inputValue();
};

/** One after the other, as a developer does it. */
const STEPS: Readonly<Record<string, (place: Place) => Promise<void>>> = {
  'says that the real application listens, and how to call it': async ({ page, url }) => {
    await page.locator('#state.listening').waitFor();
    await page.locator('#no-calls pre').waitFor();
    assert.ok((await page.locator('#about').innerText()).includes(`${url}/mcp`));
  },
  'makes a token that the official client is answered with, and shows its call by itself': async ({ page, url }) => {
    const client = await connect(url, await makeToken(page));
    assert.deepEqual((await callTool(client, 'whoami')).json, { user: 'alice', agent: 'desk' });
    await client.close();
    const call = page.locator('.call', { hasText: 'whoami' }).first();
    await call.getByText('✔ succeeded').waitFor();
    assert.match(await call.innerText(), /alice[^]*desk[^]*whoami[^]*succeeded/);
  },
  'looks into that token with the checks of the library, and says which one fails when a byte is changed': async ({
    page,
  }) => {
    const token = await makeToken(page);
    await page.getByRole('button', { name: 'Check it' }).click();
    await page.getByText('It passes every check').waitFor();
    const [head, body, signature] = token.split('.');
    await page
      .locator('#token')
      .fill(`${head}.${body}.${signature!.replace(/^./, first => (first === 'A' ? 'B' : 'A'))}`);
    await page.getByRole('button', { name: 'Check the token' }).click();
    await page.getByText('It is refused: signature_invalid').waitFor();
    assert.match(await page.locator('#checks .failed').innerText(), /signature[^]*does not verify[^]*unchanged/);
  },
  'shows a refusal of the real application with its code, cause and fix': async ({ page, url }) => {
    await fetch(`${url}/mcp`, { method: 'POST', headers: { authorization: 'Bearer nonsense' } });
    await page.locator('.reason dd').getByText('token_malformed').waitFor();
    await page
      .locator('.reason dd')
      .getByText('Send the access token as the issuer gave it, unchanged.')
      .first()
      .waitFor();
  },
  'says that it has crashed, with its last lines, and that it listens when it is mended': async ({ page, project }) => {
    const main = project.text('src/main.ts');
    project.write({ 'src/main.ts': "throw new Error('the key of the shop is lost');\n" });
    await page.locator('#state.stopped').waitFor();
    await page.locator('#lines').getByText('the key of the shop is lost').waitFor();
    project.write({ 'src/main.ts': main });
    await page.locator('#state.listening').waitFor();
  },
  'says that dev has ended': async ({ page, run }) => {
    await run.end();
    await page.locator('#lost').waitFor();
  },
};

/** The page beside an application that `nestjs-eie init` has set up and `nestjs-eie dev` has started. */
export async function journey(browser: Browser): Promise<{ name: string; problems: string[] }[]> {
  const project = makeNestProject('esm');
  const results: { name: string; problems: string[] }[] = [];
  let run: DevRun | undefined;
  try {
    await project.init('--yes');
    linkPackages(project.folder);
    const port = await freePort();
    run = await DevRun.start(project.folder, ['--', `node --import ${LOADER} src/main.ts`], { PORT: String(port) });
    await run.reaches('listening', ({ audit }) => audit.state === 'reading');
    const { page, elsewhere, complaints } = await visit(browser, `${run.url}/`);
    page.setDefaultTimeout(PATIENCE);
    for (const [name, step] of Object.entries(STEPS)) {
      const problems = await step({ page, project, run, url: `http://localhost:${port}` }).then(
        () => [],
        (error: Error) => [error.message],
      );
      results.push({ name, problems: [...problems, ...elsewhere.splice(0), ...complaints.splice(0)] });
      if (problems.length) break;
    }
    await page.context().close();
  } finally {
    await run?.end();
    project.remove();
  }
  return results;
}
