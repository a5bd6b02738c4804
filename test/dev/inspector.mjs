import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startBrowser } from '../interop/clients/browser/chromium.ts';
import { installNodes } from '../pack/matrix/nodes.mjs';
import { root, run } from '../pack/run.mjs';
import { freePort } from '../support/free-port.ts';
import { makeNestProject } from '../support/nest-project.ts';
import { until } from '../support/until.ts';
import { DevRun, linkPackages, LOADER } from './dev-run.ts';

const HELP = `npm run dev:inspector [-- options]
The MCP Inspector, in a real browser, signs a user in at the authorization server of nestjs-eie dev, and calls a tool of an application that
nestjs-eie init has set up. It installs the Inspector, and the Node that it needs, into node_modules/.cache.

  --json   only one line at the end: { inspector, node, agentNamed, user, agent, calls }
  --help   this text`;

const INSPECTOR = '2.12.0';
const NODE = '24.22.3';

/** Its program, installed once. */
async function installInspector() {
  const folder = join(root, 'node_modules/.cache', `inspector-${INSPECTOR}`);
  const program = join(folder, 'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js');
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const dependencies = { '@modelcontextprotocol/inspector': INSPECTOR };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], folder);
  return program;
}

/** With a home of its own: it keeps tokens there. */
async function startInspector(node, program, resource, home) {
  const ports = { CLIENT_PORT: String(await freePort()), MCP_SANDBOX_PORT: String(await freePort()) };
  const env = { ...process.env, ...ports, HOME: home, NODE_OPTIONS: '', MCP_AUTO_OPEN_ENABLED: 'false' };
  const child = spawn(node, [program, '--transport', 'http', '--server-url', resource], { env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk));
  const url = () => /http:\/\/\S+_TOKEN=\w+/.exec(output)?.[0];
  await until(() => url() !== undefined || child.exitCode !== null);
  assert.ok(url() !== undefined, `the Inspector does not start: ${output}`);
  return { url: url(), child };
}

/** What a person does: connects, says who they are, and calls the tool. */
async function journey(browser, url) {
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(url);
  // The switch is drawn over its checkbox.
  await page.getByLabel(/^Connect or disconnect/).click({ force: true });
  await page.getByRole('button', { name: 'Allow' }).waitFor();
  const asked = await page.locator('main').innerText();
  await page.getByRole('radio', { name: 'Alice' }).check();
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.getByText('Tools', { exact: true }).first().click();
  await page.getByText('whoami').first().click();
  await page
    .getByRole('button', { name: /Execute|Run|Call/ })
    .first()
    .click();
  await page.getByText('"agent"').first().waitFor();
  return { asked, answer: await page.locator('body').innerText() };
}

async function prove() {
  const [program, nodes] = await Promise.all([
    installInspector(),
    installNodes([NODE], join(root, 'node_modules/.cache/inspector-node')),
  ]);
  const project = makeNestProject('esm');
  const home = join(tmpdir(), `eie-inspector-${process.pid}`);
  mkdirSync(home);
  const port = await freePort();
  let dev;
  let inspector;
  const browser = await startBrowser();
  try {
    await project.init('--yes');
    linkPackages(project.folder);
    dev = await DevRun.start(project.folder, ['--', `node --import ${LOADER} src/main.ts`], { PORT: String(port) });
    const { application } = await dev.reaches('listening', ({ audit }) => audit.state === 'reading');
    inspector = await startInspector(nodes[NODE], program, application.resource, home);
    const { asked, answer } = await journey(browser, inspector.url);
    const [, user] = /"user": "(\w+)"/.exec(answer) ?? [];
    const [, agent] = /"agent": "([\w-]+)"/.exec(answer) ?? [];
    const { calls } = await dev.reaches('listening', page => page.calls.some(one => one.agent === agent));
    return {
      ...{ inspector: INSPECTOR, node: NODE, agentNamed: /The agent MCP Inspector wants to act for you/.test(asked) },
      ...{ user, agent, calls: calls.filter(one => one.handler === 'whoami' && one.user === 'alice').length },
    };
  } finally {
    await browser.close();
    inspector?.child.kill();
    await dev?.end();
    project.remove();
    rmSync(home, { recursive: true, force: true });
  }
}

const { values: options } = parseArgs({ options: { json: { type: 'boolean' }, help: { type: 'boolean' } } });
if (options.help) console.log(HELP);
else {
  const proven = await prove();
  console.log(JSON.stringify(proven));
  const { agentNamed, user, agent, calls } = proven;
  process.exitCode = agentNamed && user === 'alice' && agent?.startsWith('mcp-inspector-') && calls > 0 ? 0 : 1;
}
