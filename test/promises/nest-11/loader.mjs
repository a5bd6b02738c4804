import { existsSync } from 'node:fs';
import { isBuiltin, register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

/** `--import` this after the loader of TypeScript: every package that is installed in `NEST_11_FOLDER` is taken from there. */
if (isMainThread) register(import.meta.url);

const folder = new URL(process.env.NEST_11_FOLDER);

export function resolve(specifier, context, next) {
  const [name] = /^(?:@[^/]+\/)?[^./@][^/]*/.exec(specifier) ?? [];
  const isThere = name && !isBuiltin(specifier) && existsSync(new URL(`node_modules/${name}`, folder));
  if (!isThere || context.parentURL?.startsWith(folder.href)) return next(specifier, context);
  return next(specifier, { ...context, parentURL: new URL('package.json', folder).href });
}
