import { errorName } from '../../ports/diagnostics.js';
import { withinDeadline } from '../../ports/deadline.js';
import { type AuditFiles } from '../log/audit-files.js';
import { AuditLogError } from '../log/audit-log-error.js';
import { linesFrom, linesOf, type LogPlace, nextPlace, parseRecord } from '../log/read-records.js';
import { type AuditRecord } from '../log/record-line.js';
import { segmentsOf } from '../log/segment-names.js';
import { type AuditExporter } from './audit-exporter.js';
import { ExportCursor } from './export-cursor.js';

const BATCH = 500;
/** Milliseconds. */
const DEADLINE = 30_000;
const [FIRST_PAUSE, LONGEST_PAUSE] = [1_000, 60_000];
/** Milliseconds from a record to its export, so that records which come together go together. */
const GATHER = 50;

export interface ExportRunParts {
  readonly files: AuditFiles;
  readonly folder: string;
  readonly exporter: AuditExporter;
  /** The number after the last confirmed record: what is behind it may still be cut off. */
  readonly confirmed: () => number;
  /** Tells the operator. */
  readonly tell: (level: 'error' | 'info', what: string) => void;
}

/** Brings the records of one log to one exporter, for as long as the log is open. */
export class ExportRun {
  readonly #cursor: ExportCursor;
  #place: LogPlace | undefined;
  #pause = 0;
  /** Of which failure the operator has been told. */
  #isTold: 'log' | 'destination' | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;
  /** When no batch is begun any more. */
  #until = Infinity;

  private constructor(private readonly parts: ExportRunParts) {
    this.#cursor = new ExportCursor(parts.files, parts.folder, parts.exporter.name);
  }

  static async open(parts: ExportRunParts): Promise<ExportRun> {
    const run = new ExportRun(parts);
    run.#place = await run.#begin();
    return run;
  }

  /** The lowest number that it still needs. */
  get needed(): number {
    return this.#place?.seq ?? 0;
  }

  /** There are new records. It never throws and is not waited for. */
  notice(): void {
    if (this.#timer || this.#running || this.#isClosed) return;
    this.#timer = setTimeout(() => this.#start(), this.#pause || GATHER).unref();
  }

  /** One more try for what is left, unless the destination is away. After 30 seconds no batch is begun: it gets the rest after the next start. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#until = performance.now() + DEADLINE;
    clearTimeout(this.#timer);
    await this.#running;
    if (!this.#pause) await this.#exportAll().catch((error: unknown) => this.#tellFailure(error));
  }

  /**
   * Where the cursor says. A loss of power, or somebody, may have taken records that were exported: then it goes back to the beginning of the segment, since what is
   * there now may be new.
   */
  async #begin(): Promise<LogPlace | undefined> {
    const { files, folder, exporter, tell } = this.parts;
    const place = await this.#cursor.read();
    if (!place || (await this.#isInLog(place))) return place;
    tell('error', `the exporter "${exporter.name}" was further than the log is now: it gets the last segment again.`);
    const first = (await segmentsOf(files, folder)).findLast(one => one <= place.seq);
    return first === undefined ? undefined : { first, seq: first, offset: 0 };
  }

  /** A record is there: the process that opens the log has written one behind all of the process before. */
  async #isInLog(place: LogPlace): Promise<boolean> {
    try {
      for await (const { line, seq } of linesFrom(this.parts.folder, place, this.parts.files))
        return parseRecord(line, seq) !== undefined;
      return false;
    } catch {
      // Segments are missing: that is told at the first try, and they may be put back.
      return true;
    }
  }

  #start(): void {
    this.#timer = undefined;
    this.#running = this.#exportAll()
      .then(
        () => {
          if (this.#pause) this.parts.tell('info', `the exporter "${this.parts.exporter.name}" takes records again.`);
          [this.#pause, this.#isTold] = [0, undefined];
        },
        (error: unknown) => {
          this.#tellFailure(error);
          this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2 || FIRST_PAUSE);
        },
      )
      .then(() => {
        this.#running = undefined;
        if (this.#pause) this.notice();
      });
  }

  /** Said once, and not at each of many tries. */
  #tellFailure(error: unknown): void {
    const { exporter, tell } = this.parts;
    const [of, what] =
      error instanceof AuditLogError
        ? (['log', `gets no records: ${error.message} It is`] as const)
        : (['destination', `does not take records (${errorName(error)}). They stay in the log, and it is`] as const);
    if (this.#isTold === of) return;
    this.#isTold = of;
    tell('error', `the exporter "${exporter.name}" ${what} tried again, at least each minute.`);
  }

  async #exportAll(): Promise<void> {
    for (let batch = await this.#next(); batch.records.length; batch = await this.#next()) {
      if (performance.now() >= this.#until) return;
      await withinDeadline(DEADLINE, signal => this.parts.exporter.export(batch.records, signal));
      this.#place = batch.place;
      if (batch.place) await this.#cursor.write(batch.place);
    }
  }

  async #next(): Promise<{ readonly records: readonly AuditRecord[]; readonly place: LogPlace | undefined }> {
    const { files, folder, confirmed } = this.parts;
    const records: AuditRecord[] = [];
    let place = this.#place;
    for await (const found of place ? linesFrom(folder, place, files) : linesOf(folder, 0, files)) {
      if (found.seq >= confirmed()) break;
      const record = parseRecord(found.line, found.seq);
      if (!record && records.length) break;
      if (!record)
        throw new AuditLogError('changed', `Record ${found.seq} in ${found.segment} is not as it was written.`);
      records.push(record);
      place = nextPlace(found);
      if (records.length === BATCH) break;
    }
    return { records, place };
  }
}
