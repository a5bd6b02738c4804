import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type SeenRecord } from '../seen.js';

/** The records that were added to an audit log since the last time, as anybody can read them from its files. */
export class AuditTail {
  readonly #read = new Map<string, number>();

  /** @param folder of one instance of the log */
  constructor(private readonly folder: string) {}

  async next(): Promise<SeenRecord[]> {
    const texts: string[] = [];
    for (const part of ['records', 'refusals']) {
      const folder = join(this.folder, part);
      const names = await readdir(folder).catch(() => []);
      for (const name of names.filter(one => one.endsWith('.jsonl')).sort())
        texts.push(await this.#rest(join(folder, name)));
    }
    return texts
      .join('')
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as SeenRecord & { outcome?: string })
      .filter(record => record.outcome !== undefined);
  }

  /** Whole lines only: the last one may still be written. */
  async #rest(file: string): Promise<string> {
    const handle = await open(file);
    try {
      const from = this.#read.get(file) ?? 0;
      const { size } = await handle.stat();
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from);
      const end = buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1;
      this.#read.set(file, from + end);
      return buffer.toString('utf8', 0, end);
    } finally {
      await handle.close();
    }
  }
}
