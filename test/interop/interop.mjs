// What real providers and clients send, and what nobody should: `npm run interop -- --help`.
import { parseArgs } from 'node:util';
import { faultsOf, lineOf, readable } from './judge.mjs';

// Sealing keys of this process alone are for development.
process.env.NODE_ENV ??= 'test';

const HELP = `npm run interop [-- options]
Tokens of providers, bad input, trace context, DPoP and the official clients, against the boundary.

  --quick        a sample of the corpus over HTTP, and each journey of a client in Node, on one adapter; all else as in the full form
  --only <part>  one of ${Object.keys(await parts()).join(', ')}
  --json         only one line: { providers, corpus, traceContext, dpop, clients }; faults on standard error
  --help         this text

The exit status is 1 when anything is not as it must be.`;

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    only: { type: 'string' },
    help: { type: 'boolean' },
  },
});

if (options.help) {
  console.log(HELP);
} else {
  const wanted = Object.entries(await parts()).filter(([name]) => name === (options.only ?? name));
  if (!wanted.length) throw new Error(`There is no part "${options.only}": see --help.`);
  const report = {};
  // One after the other: each starts servers of its own.
  for (const [name, run] of wanted) report[name] = await run();
  const faults = faultsOf(report);
  if (options.json) {
    for (const fault of faults) console.error(fault);
    // A pipe takes 64 KB at once, and the process ends below.
    await new Promise(resolve => process.stdout.write(`${lineOf(report)}\n`, resolve));
  } else {
    console.log(readable(report, faults));
  }
  process.exitCode = faults.length ? 1 : 0;
}
// Clients of authorization servers keep connections open.
process.exit();

/** Each part is loaded when it is run. */
async function parts() {
  const load = (folder, name) => async () =>
    (await import(new URL(`${folder}/report.ts`, import.meta.url).href))[name]({ isQuick: options.quick ?? false });
  return {
    providers: load('providers', 'providersReport'),
    corpus: load('corpus', 'corpusReport'),
    traceContext: load('trace-context', 'traceContextReport'),
    dpop: load('dpop', 'dpopReport'),
    clients: load('clients', 'clientsReport'),
  };
}
