import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { runMistakes } from './run.js';

// Sealing keys of this process alone are for development; a mistake that is about production says so.
process.env.NODE_ENV ??= 'test';

const HELP = `npm run mistakes [-- options] [pattern]
Makes the mistakes of a first hour, each in an application of its own. Each must be answered at boot or in one line of the log, by words
that name the cause and words that name the fix. With the mistake undone, and nothing else, the application must boot and answer a call.

  pattern   only the mistakes whose file name contains it
  --json    only one line at the end: { mistakes: [{ name, where, namesCause, namesFix, mendedWorks }] }
  --quick   the same: all of it takes less than a minute
  --help    this text

The exit status is 1 when one is not answered, or its twin does not work.`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, quick: { type: 'boolean' }, help: { type: 'boolean' } },
});

if (options.help) {
  console.log(HELP);
} else {
  const verdicts = await runMistakes(positionals[0]);
  const isRight = (one: (typeof verdicts)[number]) => one.namesCause && one.namesFix && one.mendedWorks;
  const shown = options.json ? verdicts.filter(one => !isRight(one)) : verdicts;
  for (const one of shown) {
    const wrong = (['namesCause', 'namesFix', 'mendedWorks'] as const).filter(what => !one[what]);
    const verdict = wrong.length ? `WRONG (not ${wrong.join(', ')})` : `answered at ${one.where}`;
    console.error(`${verdict}  ${one.name}\n${one.said.replace(/^/gm, '    ')}`);
  }
  const mistakes = verdicts.map(({ said: _said, ...one }) => one);
  await new Promise(resolve => process.stdout.write(`${JSON.stringify({ mistakes })}\n`, resolve));
  process.exitCode = verdicts.length > 0 && verdicts.every(isRight) ? 0 : 1;
}
// Clients of the authorization server keep connections open.
process.exit();
