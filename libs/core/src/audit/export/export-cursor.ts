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

  /** @returns `undefined` where there is none, or none that can be read: it begins at the first record that is kept */
  async read(): Promise<LogPlace | undefined> {
    if (!(await this.files.state(this.#path))) return undefined;
    return placeIn(Buffer.from(await this.files.read(this.#path)).toString());
  }

  async write(place: LogPlace): Promise<void> {
    await this.files.makeFolder(this.#folder);
    await this.files.replace(this.#path, Buffer.from(JSON.stringify(place)));
  }
}

function placeIn(text: string): LogPlace | undefined {
  try {
    const { first, seq, offset } = JSON.parse(text) as LogPlace;
    return [first, seq, offset].every(one => Number.isSafeInteger(one) && one >= 0)
      ? { first, seq, offset }
      : undefined;
  } catch {
    return undefined;
  }
}
