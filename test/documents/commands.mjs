// Whether the commands that the pages name exist: npm scripts, and the commands of our binaries.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const scripts = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts);
/** What `nest new` puts into the package.json of a reader. */
const OF_A_NEW_PROJECT = ['build', 'start', 'start:dev', 'start:prod', 'test', 'test:watch', 'test:e2e'];
/** What every binary takes besides. */
const HELP = ['help', '--help'];

const commandsIn = folder =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.command.ts'))
    .flatMap(path => /^\s+name: '([\w-]+)'/m.exec(readFileSync(join(root, folder, path), 'utf8'))?.[1] ?? []);
const auditCommands = commandsIn('libs/core/src/cli');
const ownCommands = commandsIn('libs/eie/src/cli');

/** The commands of a page that do not exist, in its code and in its prose: `{ line, message }`. */
export function checkCommands(text) {
  const faults = [];
  text.split('\n').forEach((content, index) => {
    const fault = message => faults.push({ line: index + 1, message });
    for (const [, script] of content.matchAll(/\bnpm run (?:--?[\w-]+ )*([a-z][\w:-]*)/g)) {
      if (![...scripts, ...OF_A_NEW_PROJECT].includes(script)) fault(`There is no npm script "${script}".`);
    }
    for (const [, binary, first, second] of content.matchAll(
      /\bnpx (nestjs-eie|execution-identity) ([a-z-]+)(?: ([a-z]+)\b)?/g,
    )) {
      const known = [...(binary === 'nestjs-eie' ? ownCommands : []), ...HELP];
      if (first === 'audit' ? second && ![...auditCommands, ...HELP].includes(second) : !known.includes(first))
        fault(`${binary} has no command "${first === 'audit' ? `audit ${second}` : first}".`);
    }
  });
  return faults;
}
