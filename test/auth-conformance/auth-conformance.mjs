// How an MCP server keeps the rules of authorization: `npm run auth-conformance -- --help`.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ConfigError } from './config.mjs';
import { HELP } from './help.mjs';
import { differences, readable } from './report.mjs';
import { CHECKS, runSuite } from './run.mjs';

const { values: options } = parseArgs({
  options: {
    url: { type: 'string' },
    config: { type: 'string' },
    only: { type: 'string' },
    compare: { type: 'boolean' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});

function checksToRun() {
  const ids = options.only?.split(',').map(id => id.trim());
  const unknown = ids?.filter(id => !CHECKS.some(check => check.id === id)) ?? [];
  if (unknown.length) throw new ConfigError(unknown.map(id => `there is no check "${id}"`));
  return ids;
}

async function configFile() {
  if (options.config === undefined) return {};
  const text = await readFile(options.config, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError([`${options.config}: ${error.message}`]);
  }
}

async function results() {
  const only = checksToRun();
  if (options.url !== undefined) return [await runSuite(options.url, await configFile(), { only })];
  // Only here: whoever checks a server of their own needs neither this library nor its build.
  const { compare, runReference } = await import('./servers/runs.mjs');
  return options.compare ? compare({ only }) : [await runReference({ only })];
}

async function main() {
  const found = await results();
  if (options.json) console.log(JSON.stringify(options.compare ? found : found[0]));
  else console.log(found.length > 1 ? differences(found) : readable(found[0]));
  return found[0].summary.failure ? 1 : 0;
}

if (options.help) {
  console.log(HELP);
} else {
  process.exitCode = await main().catch(error => {
    console.error(error instanceof ConfigError ? error.message : error);
    return 2;
  });
}
