import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Every public entry point of the packages: its name as imported, its declarations, its package, and the file of its report. */
export async function entryPoints() {
  const found = [];
  for (const folder of ['core', 'eie', 'bullmq', 'cedar', 'postgres', 'redis']) {
    const package_ = join(root, 'libs', folder);
    const { name, exports } = JSON.parse(await readFile(join(package_, 'package.json'), 'utf8'));
    for (const [path, target] of Object.entries(exports)) {
      // A file of data is no entry point.
      if (typeof target === 'string' || path.startsWith('./internal')) continue;
      const entryPoint = path.replace(/^\./, name);
      found.push({
        name: entryPoint,
        file: entryPoint.replaceAll('/', '-'),
        package: package_,
        types: join(package_, target.types),
      });
    }
  }
  return found;
}
