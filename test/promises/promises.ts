import { parseArgs } from 'node:util';
import { NESTS, type Nest } from './application.js';
import { runControls } from './controls.js';
import { startOnNest11 } from './on-nest-11.js';
import { type Outcome, runApplications } from './run.js';

// Sealing keys of this process alone are for development.
process.env.NODE_ENV ??= 'test';

const HELP = `npm run promises [-- options] [pattern]
Starts applications as teams ship them, makes their legitimate calls, and attacks the five promises in each of them.

  pattern         only the applications whose file name contains it
  --nest 11|12    only on this Nest
  --quick         without the faults that are planted as controls, except the first of each promise
  --no-controls   without any planted fault
  --json          only one line at the end: { applications, attacks, broken, controls }
  --help          this text

The exit status is 1 when a promise is broken, a legitimate call fails, or a planted fault is not found.`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean' },
    nest: { type: 'string' },
    quick: { type: 'boolean' },
    'no-controls': { type: 'boolean' },
    help: { type: 'boolean' },
  },
});

if (options.help) {
  console.log(HELP);
} else {
  const applications = await onEachNest(positionals[0]);
  const controls = options['no-controls'] ? [] : await runControls({ isQuick: options.quick ?? false });
  const broken = applications.flatMap(one =>
    one.broken.map(what => `${one.name} on Nest ${one.nest}, ${one.adapter}: ${what}`),
  );
  const lost = controls.filter(({ found }) => !found);
  if (!options.json) {
    for (const one of applications)
      console.log(
        `${one.broken.length ? 'BROKEN' : 'held'}  ${one.name} on Nest ${one.nest}, ${one.adapter}: ${one.booted ? `${one.legitimate.ok} of ${one.legitimate.calls} calls, ${one.attacks} attacks` : 'refused at boot'}`,
      );
    for (const one of controls) console.log(`${one.found ? 'found' : 'NOT FOUND'}  planted: ${one.cause}`);
    for (const what of broken) console.log(`  - ${what}`);
  }
  const attacks = applications.reduce((sum, one) => sum + one.attacks, 0);
  const line = JSON.stringify({ applications, attacks, broken: broken.length, controls });
  // A pipe takes 64 KB at once, and the process ends below.
  await new Promise(resolve => process.stdout.write(`${line}\n`, resolve));
  process.exitCode = broken.length || lost.length ? 1 : 0;
}
// Clients of the authorization server keep connections open.
process.exit();

/** Nest 11.2 in a process of its own, at the same time. */
async function onEachNest(pattern = ''): Promise<Outcome[]> {
  const wanted = NESTS.filter(nest => nest === (options.nest ?? nest));
  const outcomes = await Promise.all(
    wanted.map((nest: Nest) =>
      nest === '12' || process.env.NEST_11_FOLDER ? runApplications(nest, pattern) : startOnNest11(pattern),
    ),
  );
  return outcomes.flat();
}
