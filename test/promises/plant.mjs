import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

/** `--import` this after the loader of TypeScript: it plants the fault of `PLANTED_FAULT` into files of the library. */
if (isMainThread) register(import.meta.url);

const edits = JSON.parse(process.env.PLANTED_FAULT);

export async function load(url, context, next) {
  const loaded = await next(url, context);
  if (!url.includes('/libs/')) return loaded;
  let source = String(loaded.source);
  for (const { file, from, to } of edits.filter(({ file }) => url.endsWith(file))) {
    if (!source.includes(from)) throw new Error(`The fault cannot be planted: ${file} has no "${from}".`);
    source = source.replaceAll(from, () => to);
  }
  return { ...loaded, source };
}
