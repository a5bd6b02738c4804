import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { printable } from 'execution-identity/internal';
import { UsageError } from 'execution-identity/internal/cli';
import { parsedJson } from '../init/json-text.js';

type Env = Readonly<Record<string, string | undefined>>;

/** The project that is started, as far as `dev` and `token` need it. */
export interface DevProject {
  readonly folder: string;
  readonly scripts: Readonly<Record<string, string>>;
  /** What the environment and `.env` say. */
  readonly env: Env;
  /** The address of its MCP route. */
  readonly resource: string;
  /** What one run leaves for others of this user: `node_modules` is in no repository. */
  readonly cache: string;
}

/**
 * The project of a folder: the nearest package.json, also above it.
 *
 * @throws UsageError where there is none, and where it or its `.env` cannot be read
 */
export function devProject(from: string, env: Env = process.env): DevProject {
  const folder = folderOf(from);
  const given = { ...variablesIn(join(folder, '.env')), ...env };
  const { EIE_RESOURCE: named, PORT: port } = given;
  const resource = named || `http://localhost:${port || 3000}${pathOfExample(folder)}`;
  if (!URL.canParse(resource)) throw new UsageError(`${printable(resource)} is no URL: see EIE_RESOURCE and PORT.`);
  return {
    folder,
    scripts: scriptsOf(join(folder, 'package.json')),
    env: given,
    resource,
    cache: join(folder, 'node_modules/.cache/nestjs-eie'),
  };
}

function folderOf(from: string): string {
  for (let at = resolve(from); ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return at;
    if (at === dirname(at))
      throw new UsageError(`There is no package.json in ${resolve(from)}, nor above it: run it in your project.`);
  }
}

function scriptsOf(file: string): Record<string, string> {
  try {
    return (parsedJson(readFileSync(file, 'utf8')) as { scripts?: Record<string, string> }).scripts ?? {};
  } catch {
    throw new UsageError(`${file} cannot be read as JSON.`);
  }
}

function variablesIn(file: string): Env {
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return {};
    throw new UsageError(`${file} cannot be read (${code}): it should be a file that you may read.`);
  }
}

/** `nestjs-eie init` has written there where MCP is served, with the global prefix. */
function pathOfExample(folder: string): string {
  const { EIE_RESOURCE: resource = '' } = variablesIn(join(folder, '.env.example'));
  return URL.canParse(resource) ? new URL(resource).pathname : '/mcp';
}
