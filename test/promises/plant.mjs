import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

/** `--import` this after the loader of TypeScript: it plants the fault of `PLANTED_FAULT` into one file of the library. */
if (isMainThread) register(import.meta.url);

const { file, from, to } = JSON.parse(process.env.PLANTED_FAULT);

export async function load(url, context, next) {
  const loaded = await next(url, context);
  if (!url.endsWith(file)) return loaded;
  const source = String(loaded.source);
  if (!source.includes(from)) throw new Error(`The fault cannot be planted: ${file} has no "${from}".`);
  return { ...loaded, source: source.replaceAll(from, to) };
}
