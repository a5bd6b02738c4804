// The official MCP conformance suite against a Nest application behind the boundary: `npm run conformance -- --help`.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { buildFixture, installSuite } from './prepare.mjs';
import { startProxy } from './proxy.mjs';
import { HELP, report, surprises } from './report.mjs';
import { runSuite } from './suite.mjs';

const REQUIREMENTS = ['2026-07-28', '2025-11-25'];

const { values: options } = parseArgs({
  options: { json: { type: 'boolean' }, help: { type: 'boolean' }, verbose: { type: 'boolean' } },
});

if (options.help) {
  console.log(HELP);
} else {
  const expectedFailures = JSON.parse(await readFile(new URL('expected-failures.json', import.meta.url), 'utf8'));
  await installSuite();
  const startFixture = await buildFixture();
  const fixture = await startFixture();
  const proxy = await startProxy(fixture.port, fixture.token);
  const suites = [];
  try {
    await demandsToken(fixture.port);
    for (const requirements of REQUIREMENTS)
      suites.push(await runSuite(requirements, `http://127.0.0.1:${proxy.port}/mcp`));
  } finally {
    proxy.close();
    await fixture.app.close();
  }
  report({ suites, expectedFailures, decisions: fixture.decisions }, options);
  process.exitCode = surprises(suites, expectedFailures).length === 0 ? 0 : 1;
}

/** The suite means something here only while the boundary is in front of what it calls. */
async function demandsToken(port) {
  const { status } = await fetch(`http://127.0.0.1:${port}/mcp`, { method: 'POST' });
  if (status !== 401) throw new Error(`The fixture answers ${status} to a request without a token, and not 401.`);
}
