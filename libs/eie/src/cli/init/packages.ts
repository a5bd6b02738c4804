import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Terminal } from 'execution-identity/internal/cli';
import { ByHandError } from './by-hand.js';
import { jsonLike, parsedJson } from './json-text.js';
import { type Manifest, type NestProject } from './nest-project.js';

interface OwnManifest extends Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
}

const own = (): OwnManifest =>
  JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as OwnManifest;

/** Whether this version has a preset for Jest. */
export const hasJestPreset = (): boolean => Object.hasOwn(own().exports, './jest-preset');

/**
 * `package.json` with this package and the peers that the new files need. What the project has already stays as it is, but for a Nest that is too old.
 *
 * @throws ByHandError where its Nest is older than 11
 */
export function withPackages(project: NestProject): string {
  const { name, version, peerDependencies, peerDependenciesMeta } = own();
  const { dependencies = {}, devDependencies = {} } = project.manifest;
  const needed = Object.entries(peerDependencies).filter(
    ([peer]) => !peer.startsWith('@nestjs/') && (!peerDependenciesMeta[peer]?.optional || peer === MCP),
  );
  const added = Object.fromEntries(
    [[name!, `^${version}`], ...needed.map(([peer, range]) => [peer, range.split('||').at(-1)!.trim()])].filter(
      ([peer]) => dependencies[peer!] === undefined,
    ),
  ) as Record<string, string>;
  const raised = (list: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.keys(list)
        .filter(one => OF_NEST.test(one))
        .map(one => [one, '^11.2.0']),
    );
  const isOld = isTooOld(nestOf(project.folder));
  return edited(project.manifestText, {
    dependencies: { ...(isOld && raised(dependencies)), ...added },
    ...(isOld && { devDependencies: raised(devDependencies) }),
  });
}

const MCP = '@modelcontextprotocol/server';
/** What is released with the core of Nest. */
const OF_NEST = /^@nestjs\/(common|core|testing|microservices|websockets|platform-[\w-]+)$/;

function nestOf(folder: string): string {
  try {
    const { version } = createRequire(join(folder, 'package.json'))('@nestjs/core/package.json') as Manifest;
    return version!;
  } catch {
    throw new ByHandError('The project has no @nestjs/core in node_modules: install its packages first (npm install).');
  }
}

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 11) throw new ByHandError(`The project has Nest ${version}: update it to 11.2 or newer.`);
  return major === 11 && minor < 2;
}

type Lists = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** As npm writes it: the same indentation, and names in order where they were. */
function edited(text: string, lists: Lists): string {
  const manifest = parsedJson(text) as Record<string, Record<string, string>>;
  let isChanged = false;
  for (const [list, ranges] of Object.entries(lists)) {
    const before = manifest[list] ?? {};
    const names = Object.keys(before);
    const merged = { ...before, ...ranges };
    if (Object.entries(ranges).every(([name, range]) => before[name] === range)) continue;
    isChanged = true;
    const isSorted = names.every((name, index) => index === 0 || names[index - 1]! < name);
    manifest[list] = isSorted
      ? Object.fromEntries(Object.entries(merged).sort(([a], [b]) => (a < b ? -1 : 1)))
      : merged;
  }
  return isChanged ? jsonLike(text, manifest) : text;
}

const LOCK_FILES = {
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'yarn',
  'bun.lock': 'bun',
  'bun.lockb': 'bun',
  'package-lock.json': 'npm',
};

/** The package manager that the project is installed with: by its manifest, else by the lock file nearest to it. */
export function packageManager({ folder, manifest }: NestProject): string {
  const [named] = manifest.packageManager?.split('@') ?? [];
  if (named && Object.values(LOCK_FILES).includes(named)) return named;
  for (let at = folder; ; at = dirname(at)) {
    const found = Object.entries(LOCK_FILES).find(([file]) => existsSync(join(at, file)));
    if (found) return found[1];
    if (at === dirname(at)) return 'npm';
  }
}

/** @returns whether it succeeded. What the package manager prints is shown. */
export function installPackages(project: NestProject, terminal: Terminal): Promise<boolean> {
  const child = spawn(packageManager(project), ['install'], {
    cwd: project.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
    signal: terminal.signal,
  });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', terminal.note);
  return new Promise(resolve => child.on('error', () => resolve(false)).on('close', code => resolve(code === 0)));
}
