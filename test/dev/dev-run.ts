import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DevPage } from 'nestjs-eie/internal/cli';
import { until } from '../support/until.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** So that a program runs the sources of the library as they are. */
export const LOADER = join(root, 'test/support/typescript-loader.mjs');
const BINARY = ['--import', LOADER, join(root, 'libs/eie/bin/nestjs-eie.mjs')];

type Env = Readonly<Record<string, string | undefined>>;
export type Files = Readonly<Record<string, string>>;

/** A project in a folder of its own, with the packages of this repository. */
export class DevProjectFolder {
  readonly folder = mkdtempSync(join(tmpdir(), 'eie-dev-'));

  constructor(files: Files) {
    this.write(files);
    linkPackages(this.folder);
  }

  write(files: Files): void {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, file)), { recursive: true });
      writeFileSync(join(this.folder, file), text);
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Each package has a link of its own, so that what is written into `node_modules` is of this project alone. */
export function linkPackages(folder: string): void {
  const packages = join(folder, 'node_modules');
  rmSync(packages, { recursive: true, force: true });
  mkdirSync(packages);
  for (const name of readdirSync(join(root, 'node_modules')))
    if (name !== '.cache') symlinkSync(join(root, 'node_modules', name), join(packages, name));
}

/** The binary, in a process and a folder of its own, as a user starts it. */
export class Binary {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #output = '';
  #notes = '';

  constructor(folder: string, args: readonly string[], env: Env = {}) {
    const given: NodeJS.ProcessEnv = { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', ...env };
    if (!('NODE_ENV' in env)) delete given.NODE_ENV;
    this.#child = spawn(process.execPath, [...BINARY, ...args], { cwd: folder, env: given });
    this.#child.stdout!.on('data', chunk => (this.#output += chunk));
    this.#child.stderr!.on('data', chunk => (this.#notes += chunk));
    this.#exited = once(this.#child, 'close');
  }

  get output(): string {
    return this.#output;
  }

  get notes(): string {
    return this.#notes;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async ended(): Promise<{ code: number | null; output: string; notes: string }> {
    await this.#exited;
    return { code: this.#child.exitCode, output: this.#output, notes: this.#notes };
  }

  /** As a terminal that is closed, or a pipe whose reader has ended. */
  readNoMore(): void {
    this.#child.stdout!.destroy();
    this.#child.stderr!.destroy();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

/** `nestjs-eie dev` while it runs. */
export class DevRun {
  private constructor(
    readonly binary: Binary,
    readonly url: string,
  ) {}

  static async start(folder: string, args: readonly string[], env: Env = {}): Promise<DevRun> {
    const binary = new Binary(folder, ['dev', ...args], env);
    const url = (): string | undefined => /page +(http:\/\/\S+)\//.exec(binary.notes)?.[1];
    await until(() => url() !== undefined || !binary.isRunning);
    if (!binary.isRunning) throw new Error(`nestjs-eie dev has ended: ${binary.notes}`);
    return new DevRun(binary, url()!);
  }

  async state(): Promise<DevPage> {
    return (await (await fetch(`${this.url}/state`)).json()) as DevPage;
  }

  /** Waits until the application is so, and says what the page shows then. */
  async reaches(
    state: DevPage['application']['state'],
    and: (page: DevPage) => boolean = () => true,
  ): Promise<DevPage> {
    let page = await this.state();
    await until(async () => (page = await this.state()).application.state === state && and(page));
    return page;
  }

  async end(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    if (this.binary.isRunning) this.binary.signal(signal);
    return (await this.binary.ended()).code;
  }
}

/** Whether a process runs: one that has ended and that nobody has reaped does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
