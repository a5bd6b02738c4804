import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { node22, suiteFolder } from './prepare.mjs';

const TIMEOUT = 300_000;

/** The server scenarios that a revision of the protocol requires, as the suite has frozen them. */
async function requiredScenarios(requirements) {
  const yaml = await readFile(join(suiteFolder, 'requirements', `${requirements}.yaml`), 'utf8');
  const [, list] = /^server:\n((?: +- .+\n)+)/m.exec(yaml) ?? [];
  if (!list) throw new Error(`The requirements of ${requirements} name no server scenarios.`);
  return [...list.matchAll(/- (\S+)/g)].map(([, name]) => name);
}

/** Runs what a revision requires against a server, at the wire of that revision. */
export async function runSuite(requirements, url) {
  const results = await mkdtemp(join(tmpdir(), 'nestjs-eie-conformance-'));
  try {
    const { version } = JSON.parse(await readFile(join(suiteFolder, 'package.json'), 'utf8'));
    const output = await runCli(['server', '--url', url, '--requirements', requirements, '--output-dir', results]);
    const checks = await checksByScenario(results);
    const scenarios = (await requiredScenarios(requirements)).map(name => scenario(name, checks.get(name) ?? []));
    const requiredPassed = scenarios.filter(hasPassed).length;
    return { version, requirements, scenarios, required: scenarios.length, requiredPassed, output };
  } finally {
    await rm(results, { recursive: true, force: true });
  }
}

/** Some scenarios end with a status of their own, so the checks are what counts. One that did not run has none. */
export const hasPassed = ({ passed, failed }) => passed > 0 && failed === 0;

function scenario(name, checks) {
  const of = status => checks.filter(check => check.status === status);
  const problems = [...of('FAILURE'), ...of('WARNING')].map(
    ({ id, status, errorMessage }) => `${status} ${id}: ${errorMessage ?? 'no message'}`,
  );
  return { name, passed: of('SUCCESS').length, failed: of('FAILURE').length, problems };
}

async function runCli(args) {
  const child = spawn(node22, [join(suiteFolder, 'dist/index.js'), ...args], { timeout: TIMEOUT });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk));
  await once(child, 'close');
  return output;
}

/** The suite writes one folder for each scenario: `server-<name>-<time>`. */
async function checksByScenario(results) {
  const found = new Map();
  for (const folder of await readdir(results)) {
    const [, name] = /^server-(.+)-\d{4}-\d{2}-\d{2}T/.exec(folder) ?? [];
    if (name) found.set(name, JSON.parse(await readFile(join(results, folder, 'checks.json'), 'utf8')));
  }
  return found;
}
