import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type INestApplication, type INestApplicationContext, Logger, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EieConfigurationError } from 'execution-identity';
import { UsageError } from 'execution-identity/internal/cli';
import { whileLooking } from '../configuration/looking.js';

type Made = INestApplicationContext | INestApplication;

/**
 * Creates an application, initialises it without listening, hands it to `look`, and closes it. Its boot checks run, and so do its own providers and
 * hooks. No record is written, and no audit log is opened.
 *
 * @param reference `dist/app.module.js#AppModule`
 * @throws UsageError where there is no such application; EieConfigurationError where it does not start, for whatever reason
 */
export function withApplication<Result>(
  reference: string | undefined,
  look: (app: INestApplicationContext) => Promise<Result> | Result,
): Promise<Result> {
  return printingBeside(() => looking(reference, look));
}

/** What an application prints itself goes to the errors: what the command prints, such as JSON, is read by programs. */
async function printingBeside<Result>(act: () => Promise<Result>): Promise<Result> {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = process.stderr.write.bind(process.stderr);
  try {
    return await act();
  } finally {
    process.stdout.write = write;
  }
}

function looking<Result>(
  reference: string | undefined,
  look: (app: INestApplicationContext) => Promise<Result> | Result,
): Promise<Result> {
  return whileLooking(async () => {
    const exported = await exportedBy(reference);
    const app = await orRefusal(() => created(exported));
    try {
      await orRefusal(() => app.init());
      return await look(app);
    } finally {
      await app.close().catch(() => undefined);
    }
  });
}

/** What the application itself throws is a reason why it would not start, and no mistake in the command. */
async function orRefusal<Result>(start: () => Promise<Result>): Promise<Result> {
  try {
    return await start();
  } catch (error) {
    if (error instanceof EieConfigurationError || error instanceof UsageError) throw error;
    const { name = 'Error', message = String(error) } = error instanceof Error ? error : {};
    throw new EieConfigurationError(`The application does not start. ${name}: ${message}`, { cause: error });
  }
}

async function exportedBy(reference: string | undefined): Promise<unknown> {
  // A folder may have the character too: the name of an export has none.
  const [, file, name = 'default'] = /^(.*?)(?:#([^#/\\]+))?$/s.exec(reference ?? '') ?? [];
  if (!file) throw new UsageError('Name the application: --app dist/app.module.js#AppModule');
  const module = (await orRefusal(() => loaded(file))) as Record<string, unknown> & {
    default?: Record<string, unknown>;
  };
  // What a CommonJS file exports may be known by its default alone.
  const found = module[name] ?? module.default?.[name];
  if (found === undefined)
    throw new UsageError(`${file} exports no "${name}". It exports: ${Object.keys(module).join(', ') || 'nothing'}.`);
  return found;
}

const loaded = (file: string): Promise<unknown> =>
  import(pathToFileURL(resolve(file)).href).catch((error: unknown) => {
    const { code } = error as { code?: string };
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION')
      throw new UsageError(`${file} is no JavaScript. Build the application, and name the file that was built.`);
    if (code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const [, missing] = /Cannot find package '([^']+)'/.exec((error as Error).message) ?? [];
    const fix = missing === undefined ? 'Build the application first.' : `Install it: npm install ${missing}`;
    throw new UsageError(`${file} cannot be loaded: ${(error as Error).message}. ${fix}`);
  });

async function created(found: unknown): Promise<Made> {
  // What it logs while it is created would stand among what the command prints.
  Logger.overrideLogger(false);
  const given = typeof found === 'function' && !isModule(found) ? await (found as () => unknown)() : found;
  if (isApplication(given)) {
    given.useLogger(false);
    return given;
  }
  if (!isModule(given))
    throw new UsageError('--app must lead to a module, or to a function that returns a module or an application.');
  const options = { logger: false, abortOnError: false } as const;
  return NestFactory.create(given as Type, options).catch((error: unknown) => {
    // Without a package for HTTP there is no application that serves it.
    if (!isWithoutPlatform(error)) throw error;
    return NestFactory.createApplicationContext(given as Type, options);
  });
}

const isApplication = (value: unknown): value is Made =>
  typeof (value as Partial<Made> | null)?.get === 'function' && typeof (value as Partial<Made>).close === 'function';

/** A class with metadata of `@Module()`, or a dynamic module. */
const isModule = (value: unknown): boolean =>
  typeof value === 'function'
    ? ['imports', 'providers', 'controllers', 'exports'].some(key => Reflect.hasMetadata(key, value))
    : typeof (value as { module?: unknown } | null)?.module === 'function';

const isWithoutPlatform = (error: unknown): boolean => /platform-(?:express|fastify)|HTTP driver/i.test(String(error));
