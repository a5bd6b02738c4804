import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { isSound, runFirewall } from './run.js';

// Sealing keys of this process alone are for development.
process.env.NODE_ENV ??= 'test';

const HELP = `npm run firewall -- [--json] [--quick] [--seed n] [--hostile n]

Sends hostile calls of tools, prompts and resources, with legitimate ones of ten users among them, to an MCP server that calls an
API for each: arguments, _meta, parameters, addresses and headers that name somebody else, in many spellings, nested, as JSON in a text, and
with members that lead out of an object. The API is a receiver, and says for whom each call acts.

  --json     one JSON object as the last line
  --quick    1,500 hostile calls instead of 12,000
  --seed     which calls in which order; default 2026
  --hostile  how many

calls            sent and judged; every fifth is legitimate
hostile          with something in them that names somebody else, or that is no input
changedIdentity  the API, the audit log or the answer names somebody else than the user of the token
crashed          no answer, an answer of 500 and above, an internal error of JSON-RPC, an unhandled rejection
refused          hostile calls that ran nothing
recorded         of these, those with a refusal and its reason on the audit log
ranAsCaller      hostile calls that ran, for the user of the token: what they said was data
legitimate       good calls, and those of them that ran for their user
controls         faults that are planted, and whether they are found

Exits 1 unless changedIdentity and crashed are 0, every refused call is recorded, every legitimate call ran, no prototype was changed, and
every planted fault is found.`;

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    help: { type: 'boolean' },
    seed: { type: 'string', default: '2026' },
    hostile: { type: 'string' },
  },
});

if (options.help) {
  console.log(HELP);
} else {
  const seed = Number(options.seed);
  const hostile = Number(options.hostile ?? (options.quick ? 1_500 : 12_000));
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(hostile) || hostile < 1)
    throw new Error('--seed and --hostile take whole numbers');
  const { failures, ...outcome } = await runFirewall({ hostile, seed });
  for (const failure of failures) console.log(failure);
  if (options.json) console.log(JSON.stringify(outcome));
  else console.log(outcome);
  process.exitCode = isSound({ ...outcome, failures }) ? 0 : 1;
}
// Clients of the authorization server keep connections open.
process.exit();
