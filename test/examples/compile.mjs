import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../pack/run.mjs';

const TSC = 'node_modules/typescript/bin/tsc';
const AT_ONCE = ['--build', '--pretty', 'false'];
/** For examples in JavaScript: what they give to the library is checked as an editor checks it. */
const JAVASCRIPT =
  '--pretty false --noEmit --allowJs --checkJs --strict false --module nodenext --target es2023 --skipLibCheck --types node'.split(
    ' ',
  );
/** CommonJS as Nest has made it until 11.0: such a compiler reads no `exports`. */
const EARLIER =
  '--pretty false --noEmit --incremental false --module commonjs --moduleResolution node10 --resolvePackageJsonExports null'.split(
    ' ',
  );

/**
 * Whether each of these examples fits the types of the packages, with the compiler and the options that it names itself. Those in TypeScript are compiled:
 * at once by one run of the compiler, or each by its own `npm run build`. One in CommonJS is checked with the options of an earlier Nest as well.
 *
 * @returns by name: what the compiler said, or nothing
 */
export async function compileExamples(folder, names, byThemselves) {
  const typed = names.filter(name => existsSync(join(folder, name, 'tsconfig.json')));
  const untyped = names.filter(name => !typed.includes(name));
  const said = {};
  if (byThemselves) for (const name of typed) said[name] = await failure('npm', ['run', 'build'], join(folder, name));
  else Object.assign(said, byExample(await tsc(folder, [...AT_ONCE, ...typed]), typed));
  for (const name of typed)
    if (await isCommonJs(join(folder, name))) said[name] += await tsc(folder, ['--project', name, ...EARLIER]);
  if (untyped.length) {
    const files = untyped.map(name => join(name, 'policy.mjs'));
    Object.assign(said, byExample(await tsc(folder, [...JAVASCRIPT, ...files]), untyped));
  }
  return said;
}

const isCommonJs = async folder => JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')).type !== 'module';

const tsc = (folder, args) => failure(process.execPath, [TSC, ...args], folder);

const failure = (command, args, folder) => run(command, args, folder).then(() => '', String);

/** A line of the compiler begins with the file that it is about. One that does not is about all of them. */
function byExample(output, names) {
  const lines = output.split('\n').filter(line => line.includes('error TS'));
  const of = name =>
    lines.filter(line => line.startsWith(`${name}/`) || !names.some(one => line.startsWith(`${one}/`)));
  if (output && !lines.length) return Object.fromEntries(names.map(name => [name, output]));
  return Object.fromEntries(names.map(name => [name, of(name).join('\n')]));
}
