import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

// The issuers of the examples work only here.
process.env.NODE_ENV = 'test';
const { packLibraries } = await import('../pack/tarball.mjs');
const { compileExamples } = await import('./compile.mjs');
const { installExamples, readExamples } = await import('./projects.mjs');
const { Stage } = await import('./stage.mjs');
const { WALKS } = await import('./walks/index.mjs');

const HELP = `npm run examples [-- options] [pattern]
Installs what the examples name, with the packages as they would be published, compiles each example with its own options, and runs it: an issuer, the
official MCP client, a call that is answered and calls that are refused. For Keycloak, Auth0 and Entra ID stands an issuer on loopback that says what they say.

  pattern   only the examples whose name contains it
  --quick   one run of the compiler for all examples, where each is built by its own "npm run build" else, so that the Nest CLI is not installed; and
            not "vitest", since its packages take longer to install than all else, and npm run test-kit runs Vitest as well
  --json    only one line at the end: { examples: [{ name, typechecks, answers, refuses }] }
  --help    this text

The exit status is 1 when any of them is false.`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
});
/** What a quick run does not do. */
const LEFT_OUT = options.quick ? { examples: ['vitest'], packages: ['@nestjs/cli'] } : { examples: [], packages: [] };
const say = text => options.json || console.log(`examples: ${text}`);

async function runExamples(pattern = '') {
  const scratch = await realpath(await mkdtemp(join(tmpdir(), 'nestjs-eie-examples-')));
  try {
    const isMeant = ({ name }) => name.includes(pattern) && !LEFT_OUT.examples.includes(name);
    const examples = (await readExamples()).filter(isMeant);
    const folders = await installExamples(scratch, examples, await packLibraries(scratch), LEFT_OUT.packages);
    say('installed');
    const compiled = Object.entries(folders).map(([nest, folder]) => {
      const names = examples.filter(one => one.nest === nest).map(({ name }) => name);
      return compileExamples(folder, names, !options.quick);
    });
    const said = Object.assign({}, ...(await Promise.all(compiled)));
    say('compiled');
    const verdicts = [];
    const queue = [...examples];
    const next = async () => {
      for (let one = queue.shift(); one; one = queue.shift())
        verdicts.push(await verdictOf(one, folders[one.nest], said[one.name]));
    };
    await Promise.all([next(), next()]);
    return verdicts.sort((a, b) => a.name.localeCompare(b.name));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** What does not hold is false, and standard error says why. */
async function verdictOf({ name }, folder, problems) {
  const verdict = { name, typechecks: problems === '', answers: false, refuses: false };
  if (problems) console.error(`${name} does not compile\n${problems}`);
  const stage = new Stage(folder, name);
  const holds = async (what, check) => {
    try {
      await check();
      verdict[what] = true;
    } catch (error) {
      console.error(`${name} (${what}): ${error.stack}\n${stage.log}`);
    }
  };
  try {
    const walk = WALKS[name];
    if (!walk) throw new Error('test/examples/walks has nothing that runs this example');
    const { answers, refuses } = await walk(stage);
    await holds('answers', answers);
    await holds('refuses', refuses);
  } catch (error) {
    console.error(`${name}: ${error.stack}\n${stage.log}`);
  } finally {
    await stage.close();
  }
  say(`${name} ${verdict.typechecks && verdict.answers && verdict.refuses ? 'holds' : 'FAILED'}`);
  return verdict;
}

if (options.help) console.log(HELP);
else {
  const examples = await runExamples(positionals[0]);
  console.log(JSON.stringify({ examples }));
  const holds = ({ typechecks, answers, refuses }) => typechecks && answers && refuses;
  process.exitCode = examples.length > 0 && examples.every(holds) ? 0 : 1;
}
