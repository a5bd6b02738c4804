import { existsSync, readFileSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { transformSync } from '@swc/core';

/** `node --import` this, and a child process runs the sources as they are, like Jest: no build in between, and none that is old. */
if (isMainThread) register(import.meta.url);

const libraries = {
  'nestjs-eie-bullmq': new URL('../../libs/bullmq/src/', import.meta.url),
  'nestjs-eie-cedar': new URL('../../libs/cedar/src/', import.meta.url),
  'nestjs-eie-postgres': new URL('../../libs/postgres/src/', import.meta.url),
  'nestjs-eie-redis': new URL('../../libs/redis/src/', import.meta.url),
  'nestjs-eie': new URL('../../libs/eie/src/', import.meta.url),
  'execution-identity': new URL('../../libs/core/src/', import.meta.url),
};
const options = {
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    keepClassNames: true,
  },
  module: { type: 'es6' },
  sourceMaps: 'inline',
};

export function resolve(specifier, context, next) {
  const [, name, entry] =
    /^(nestjs-eie(?:-(?:bullmq|cedar|postgres|redis))?|execution-identity)(?:\/(.+))?$/.exec(specifier) ?? [];
  // The binary runs it, and tests do.
  if (specifier === 'nestjs-eie/internal/cli') return next(new URL('cli/commands.ts', libraries[name]).href, context);
  if (name) {
    const file = new URL(`${entry ?? 'index'}.ts`, libraries[name]);
    return next((existsSync(file) ? file : new URL(`${entry}/index.ts`, libraries[name])).href, context);
  }
  if (!specifier.startsWith('.')) return next(specifier, context);
  // The binary of a package runs what is built of its sources.
  const source = new URL(specifier.replace(/^\.\.\/dist\//, '../src/').replace(/\.js$/, '.ts'), context.parentURL);
  return next(existsSync(source) ? source.href : specifier, context);
}

export function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const filename = fileURLToPath(url);
  return {
    format: 'module',
    shortCircuit: true,
    source: transformSync(readFileSync(filename, 'utf8'), { ...options, filename }).code,
  };
}
