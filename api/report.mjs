// The public API report: `npm run api` writes it anew, `npm run api:check` fails when it is not what the code says.
// API Extractor reads the declarations that are published (dist/**/*.d.ts), one entry point after the other.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { entryPoints } from './entry-points.mjs';
import { extract } from './extract.mjs';
import { overview, titled } from './overview.mjs';

const folder = fileURLToPath(new URL('.', import.meta.url));
const { values: options } = parseArgs({ options: { check: { type: 'boolean' } } });

const scratch = await mkdtemp(join(tmpdir(), 'api-report-'));
const reports = new Map();
try {
  const found = [];
  for (const entryPoint of await entryPoints()) {
    await mkdir(join(scratch, entryPoint.file));
    found.push({ ...entryPoint, ...(await extract(entryPoint, join(scratch, entryPoint.file))) });
  }
  const exported = new Set(found.flatMap(({ names }) => names));
  for (const one of found)
    reports.set(`${one.file}.api.md`, titled({ ...one, forgotten: one.forgotten.filter(name => !exported.has(name)) }));
  const options = JSON.parse(await readFile(new URL('../test/architecture/options.json', import.meta.url), 'utf8'));
  reports.set('README.md', overview(found, options));
} finally {
  await rm(scratch, { recursive: true, force: true });
}

const written = (await readdir(folder)).filter(name => name.endsWith('.md'));
if (options.check) {
  const read = name => readFile(join(folder, name), 'utf8').catch(() => undefined);
  const differ = written.filter(name => !reports.has(name));
  for (const [name, text] of reports) if ((await read(name)) !== text) differ.push(name);
  for (const name of differ) console.error(`api/${name} is not what the code says`);
  if (differ.length) console.error('Look at the difference that `npm run api` makes, and commit it if you meant it.');
  process.exitCode = differ.length ? 1 : 0;
} else {
  for (const name of written) await rm(join(folder, name));
  for (const [name, text] of reports) await writeFile(join(folder, name), text);
}
