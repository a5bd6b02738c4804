// A small application on the packed packages, under each Node, Nest, module system and adapter: `npm run matrix -- --help`.
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installApplication } from '../application.mjs';
import { startIssuer } from '../issuer.mjs';
import { packLibraries } from '../tarball.mjs';
import { checkCell, compileAs } from './cell.mjs';
import { installNodes, NODE_VERSIONS } from './nodes.mjs';

const HELP = `npm run matrix [-- options]
Packs the packages, installs them beside Nest 11.2 and Nest 12, and starts a small application as ES module and as
CommonJS, on Express and on Fastify, under Node ${NODE_VERSIONS.join(', ')}. Each answers a tool and an HTTP handler with
a token, and refuses both without one. The first run installs these versions of Node into node_modules/.cache.

  --quick           the oldest and the newest Node only
  --from <folder>   the applications that \`npm run pack:check -- --keep <folder>\` has left, without packing anew
  --json            only one line at the end: { cells: [{ node, nest, module, adapter, boots, answers, refuses }] }
  --help            this text

The exit status is 1 when any cell fails.`;

const NESTS = ['11.2', '12'];
const ADAPTERS = ['express', 'fastify'];
const MODULES = { esm: 'module', commonjs: 'commonjs' };

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
    from: { type: 'string' },
  },
});

if (options.help) {
  console.log(HELP);
} else {
  const versions = options.quick ? [NODE_VERSIONS[0], NODE_VERSIONS.at(-1)] : NODE_VERSIONS;
  const nodes = await installNodes(versions);
  const scratch = await realpath(options.from ?? (await mkdtemp(join(tmpdir(), 'nestjs-eie-matrix-'))));
  const issuer = await startIssuer();
  try {
    const cells = await checkAll(await projects(scratch), nodes, issuer);
    const failed = cells.filter(({ boots, answers, refuses }) => !(boots && answers && refuses));
    if (options.json) console.log(JSON.stringify({ cells }));
    else console.log(`${cells.length} cells, ${failed.length} failed`);
    process.exitCode = failed.length || !cells.length ? 1 : 0;
  } finally {
    await issuer.stop();
    if (!options.from) await rm(scratch, { recursive: true, force: true });
  }
}

/** The folder with the packages for each Nest. */
async function projects(scratch) {
  if (options.from) return NESTS.map(nest => ({ nest, project: join(scratch, `nest-${nest}`) }));
  const tarballs = await packLibraries(scratch);
  const installed = [];
  for (const nest of NESTS)
    installed.push({ nest, project: await installApplication(join(scratch, `nest-${nest}`), tarballs, nest) });
  return installed;
}

async function checkAll(projects, nodes, issuer) {
  const cells = [];
  for (const { nest, project } of projects) {
    for (const [module, type] of Object.entries(MODULES)) {
      const folder = await compileAs(project, type);
      for (const [node, executable] of Object.entries(nodes)) {
        const adapters = ADAPTERS.map(async adapter => ({
          ...{ node, nest, module, adapter },
          ...(await checkCell({ folder, adapter, node: executable, version: node, issuer })),
        }));
        for (const cell of await Promise.all(adapters)) {
          cells.push(cell);
          if (!options.json || cell.why) console.error(cell);
        }
      }
    }
  }
  return cells;
}
