import { type Dirent, type FSWatcher, watch } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digest } from 'execution-identity/internal';

/** What is built, installed or hidden is no source: a start that builds would start itself again. */
const NO_SOURCES = /^(node_modules|dist|build|out|coverage|eie-audit|test|\..*)$/;
const SOURCE = /\.([cm]?[jt]s|json)$|^\.env$/;
/** Milliseconds without a change, after which the sources count as saved. */
const SETTLED = 300;
const MAX_FOLDERS = 2_000;
/** Bytes: a source that is longer is known by its size and time. */
const MAX_READ = 1_048_576;

/**
 * Calls a listener after sources of a project have changed. It looks at the files themselves, so an event of the file system that changes nothing is
 * none.
 */
export class SourceWatch {
  /** By folder, with what it was then: one that is made anew under the same name is another one. */
  readonly #watchers = new Map<string, { readonly identity: string; readonly watcher: FSWatcher }>();
  #seen = '';
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly folder: string,
    private readonly built: string | undefined,
    private readonly changed: () => void,
  ) {}

  /** @param built the name of a folder of built files that count as sources too */
  static async start(folder: string, built: string | undefined, changed: () => void): Promise<SourceWatch> {
    const watching = new SourceWatch(folder, built, changed);
    watching.#seen = await watching.#look();
    return watching;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const { watcher } of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #touched(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#compare(), SETTLED);
  }

  async #compare(): Promise<void> {
    const now = await this.#look();
    if (now === this.#seen) return;
    this.#seen = now;
    this.changed();
  }

  /** Every source with what it says, and each folder watched from now on. */
  async #look(): Promise<string> {
    const found: string[] = [];
    const folders = [this.folder];
    for (const at of folders) {
      if (folders.length <= MAX_FOLDERS) await this.#watch(at);
      for (const entry of await readdir(at, { withFileTypes: true }).catch((): Dirent[] => [])) {
        const path = join(at, entry.name);
        const isBuilt = at === this.folder && entry.name === this.built;
        if (entry.isDirectory() && (isBuilt || !NO_SOURCES.test(entry.name))) folders.push(path);
        if (!SOURCE.test(entry.name)) continue;
        const says = await contentOf(path);
        if (says !== undefined) found.push(`${path} ${says}`);
      }
    }
    return found.sort().join('\n');
  }

  async #watch(folder: string): Promise<void> {
    const found = await stat(folder).catch(() => undefined);
    // The number alone is given to the next folder.
    const identity = found && `${found.ino} ${found.birthtimeMs}`;
    if (this.#isClosed || identity === undefined || this.#watchers.get(folder)?.identity === identity) return;
    this.#unwatch(folder);
    try {
      const watcher = watch(folder, () => this.#touched());
      this.#watchers.set(folder, { identity, watcher });
      watcher.on('error', () => this.#unwatch(folder));
    } catch {
      // It has gone meanwhile, or there are more watches than the system allows: the others go on.
    }
  }

  #unwatch(folder: string): void {
    this.#watchers.get(folder)?.watcher.close();
    this.#watchers.delete(folder);
  }
}

/** A file that is written again with the same content has not changed: an application may write some of its own when it starts. */
async function contentOf(path: string): Promise<string | undefined> {
  const state = await stat(path).catch(() => undefined);
  if (!state?.isFile()) return undefined;
  if (state.size > MAX_READ) return `${state.size} ${state.mtimeMs}`;
  return readFile(path).then(digest, () => undefined);
}
