import { parseArgs } from 'node:util';
import { runFixtures } from './run.js';

// Sealing keys of this process alone are for development; a fixture of production says so.
process.env.NODE_ENV ??= 'test';

const HELP = `npm run boot-proof [-- options] [pattern]
Boots misconfigured applications, each with one fault, on Express and on Fastify. Each must be refused before it listens, by a message of
its own that names what is wrong and says what to do. With the fault undone, and nothing else, it must boot and answer.

  pattern   only the fixtures whose file name contains it
  --alone   in this process, even those that ask for one of their own
  --json    only one line at the end: { fixtures: [{ name, error, bootsWhenMended, adapters }], distinctErrors, problems }
  --help    this text

The exit status is 1 when a fixture boots, is refused for another reason, or its twin does not boot.`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, alone: { type: 'boolean' }, help: { type: 'boolean' } },
});

if (options.help) {
  console.log(HELP);
} else {
  const outcomes = await runFixtures({ pattern: positionals[0] ?? '', isAlone: options.alone ?? false });
  const files = [...new Set(outcomes.map(({ file }) => file))];
  const fixtures = files.map(file => {
    const ofFile = outcomes.filter(one => one.file === file);
    return {
      name: ofFile[0]!.name,
      error: ofFile[0]!.error,
      bootsWhenMended: ofFile.every(one => one.bootsWhenMended),
      adapters: ofFile.map(({ adapter }) => adapter),
    };
  });
  const problems = outcomes.flatMap(one => one.problems.map(what => `${one.name}, on ${one.adapter}: ${what}`));
  if (!options.json) {
    for (const { name, error, bootsWhenMended } of fixtures)
      console.log(
        `${error && bootsWhenMended ? 'refused' : 'WRONG'}  ${name}\n${(error ?? 'it boots').replace(/^/gm, '    ')}`,
      );
    for (const what of problems) console.log(`  - ${what}`);
  }
  const distinctErrors = new Set(fixtures.flatMap(({ error }) => error ?? [])).size;
  const result = options.alone ? { outcomes } : { fixtures, distinctErrors, problems };
  // A pipe takes 64 KB at once, and the process ends below.
  await new Promise(resolve => process.stdout.write(`${JSON.stringify(result)}\n`, resolve));
  process.exitCode = problems.length || distinctErrors < fixtures.length ? 1 : 0;
}
// Clients of the authorization server keep connections open.
process.exit();
