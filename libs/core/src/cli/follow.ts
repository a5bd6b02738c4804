import { type AuditEvent } from '../audit/audit-event.js';
import { nodeFiles } from '../audit/log/node-files.js';
import { linesFrom, type LogPlace, nextPlace, type RecordLine } from '../audit/log/read-records.js';
import { strangersFrom } from '../audit/log/refusal-files.js';
import { segmentsOf } from '../audit/log/segment-names.js';
import { UsageError } from './command.js';
import { eventIn } from './filter.js';
import { logFolders } from './folders.js';

/** The lines of one log, each once: a call goes on where the one before it has stopped. */
export class LogFollower {
  #place: LogPlace;

  private constructor(
    readonly folder: string,
    first: number,
  ) {
    this.#place = { first, seq: first, offset: 0 };
  }

  static async fromTheStart(folder: string): Promise<LogFollower> {
    return new LogFollower(folder, (await segmentsOf(nodeFiles, folder))[0] ?? 0);
  }

  /** The last two segments are enough for what one wants to look at. */
  static async nearTheEnd(folder: string): Promise<LogFollower> {
    return new LogFollower(folder, (await segmentsOf(nodeFiles, folder)).slice(-2)[0] ?? 0);
  }

  async *lines(): AsyncGenerator<RecordLine> {
    for await (const found of linesFrom(this.folder, this.#place)) {
      this.#place = nextPlace(found);
      yield found;
    }
  }
}

interface Followed {
  readonly records: LogFollower;
  /** Bytes that were read, by the file. */
  readonly strangers: Map<string, number>;
}

/**
 * The events of every log in an `audit.directory`, each once, and those of strangers, which are beside the log. The folder may come later, and so may a
 * further log in it. It verifies nothing: see `audit verify`.
 */
export class AuditFollower {
  readonly #logs = new Map<string, Followed>();

  constructor(private readonly directory: string) {}

  /** Whether there was a log when it was last read. */
  get isThere(): boolean {
    return this.#logs.size > 0;
  }

  /** What has come since the last call, log by log. */
  async *events(): AsyncGenerator<AuditEvent> {
    for (const folder of await logFolders(this.directory).catch(noneYet))
      if (!this.#logs.has(folder))
        this.#logs.set(folder, { records: await LogFollower.fromTheStart(folder), strangers: new Map() });
    for (const [folder, { records, strangers }] of this.#logs) {
      for await (const { line } of records.lines()) yield* eventsIn(line);
      for await (const line of strangersFrom(folder, strangers)) yield* eventsIn(line);
    }
  }
}

function* eventsIn(line: Uint8Array): Generator<AuditEvent> {
  const event = eventIn(line);
  if (event) yield event;
}

function noneYet(error: unknown): string[] {
  if (error instanceof UsageError) return [];
  throw error;
}
