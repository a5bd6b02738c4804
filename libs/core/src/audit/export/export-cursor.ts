import { join } from 'node:path';
import { type AuditFiles } from '../log/audit-files.js';
import { type LogPlace } from '../log/read-records.js';

/** How far an exporter has come. It is written after the destination has confirmed, so it may be behind and is never ahead. */
export class ExportCursor {
  readonly #folder: string;
  readonly #path: string;

  constructor(
    private readonly files: AuditFiles,
    folder: string,
    name: string,
  ) {
    this.#folder = join(folder, 'exporters');
    this.#path = join(this.#folder, `${name}.json`);
  }

  /** @returns `undefined` where there is none: it begins at the first record that is kept */
  async read(): Promise<LogPlace | undefined> {
    if (!(await this.files.state(this.#path))) return undefined;
    const { first, seq, offset } = JSON.parse(Buffer.from(await this.files.read(this.#path)).toString()) as LogPlace;
    return { first, seq, offset };
  }

  async write(place: LogPlace): Promise<void> {
    await this.files.makeFolder(this.#folder);
    await this.files.replace(this.#path, Buffer.from(JSON.stringify(place)));
  }
}
