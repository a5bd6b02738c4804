import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './pages.mjs';

/** Every public entry point of the packages, and the folder of its index: from the `exports` of each package.json. */
export const ENTRY_POINTS = Object.fromEntries(
  readdirSync(join(root, 'libs')).flatMap(folder => {
    const { name, exports } = JSON.parse(readFileSync(join(root, 'libs', folder, 'package.json'), 'utf8'));
    return Object.entries(exports).flatMap(([path, { types }]) => {
      const index = /^\.\/dist\/(.*)index\.d\.ts$/.exec(types ?? '');
      if (!index || path.includes('/internal')) return [];
      return [[`${name}${path.slice(1)}`, `libs/${folder}/src/${index[1]}`.replace(/\/$/, '')]];
    });
  }),
);

/** The pages of the reference by the name of their entry point. */
export const REFERENCE = Object.fromEntries(Object.keys(ENTRY_POINTS).map(name => [name, `reference/${name}.md`]));
