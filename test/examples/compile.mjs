import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../pack/run.mjs';

/** For examples in JavaScript: the compiler reads it as it would in an editor. */
const JAVASCRIPT = '--noEmit --allowJs --checkJs --module nodenext --target es2023 --skipLibCheck --types node'.split(' ');

/**
 * Whether each of these examples fits the types of the packages, with the compiler and the options that it names itself. Those in TypeScript are compiled:
 * at once by one run of the compiler, or each by its own `npm run build`.
 *
 * @returns by name: what the compiler said, or nothing
 */
export async function compileExamples(folder, names, byThemselves) {
  const typed = names.filter(name => existsSync(join(folder, name, 'tsconfig.json')));
  const untyped = names.filter(name => !typed.includes(name));
  const said = {};
  if (byThemselves) for (const name of typed) said[name] = await failure('npm', ['run', 'build'], join(folder, name));
  else Object.assign(said, byExample(await tsc(folder, ['--build', ...typed]), typed));
  if (untyped.length) {
    const files = untyped.map(name => join(name, 'main.mjs'));
    Object.assign(said, byExample(await tsc(folder, [...JAVASCRIPT, ...files]), untyped));
  }
  return said;
}

const tsc = (folder, args) =>
  failure(process.execPath, ['node_modules/typescript/bin/tsc', '--pretty', 'false', ...args], folder);

const failure = (command, args, folder) => run(command, args, folder).then(() => '', String);

/** A line of the compiler begins with the file that it is about. One that does not is about all of them. */
function byExample(output, names) {
  const lines = output.split('\n').filter(line => line.includes('error TS'));
  const of = name => lines.filter(line => line.startsWith(`${name}/`) || !names.some(one => line.startsWith(`${one}/`)));
  if (output && !lines.length) return Object.fromEntries(names.map(name => [name, output]));
  return Object.fromEntries(names.map(name => [name, of(name).join('\n')]));
}
