import { randomUUID } from 'node:crypto';
import { type Diagnostic, type Diagnostics, errorName } from '../../ports/diagnostics.js';
import { type AuditEvent } from '../audit-event.js';
import { type AuditPosition } from '../audit-log.js';
import { AuditLogError } from './audit-log-error.js';
import { assertNew, noteBegun } from './begun.js';
import { type InstanceLock } from './instance-lock.js';
import { type AuditExporter } from '../export/audit-exporter.js';
import { ExportRun } from '../export/export-run.js';
import { type CheckpointAnchor } from '../tree/checkpoint-anchor.js';
import { type CheckpointSigner, ownCheckpointSigner } from '../tree/checkpoint-key.js';
import { AuditTree } from '../tree/audit-tree.js';
import { LogSegments, type LogSegmentsParts } from './log-segments.js';
import { logLine } from './record-line.js';
import { RecordWriter } from './record-writer.js';
import { recoverLog, type RecoveredLog } from './recovery.js';
import { RefusalFiles } from './refusal-files.js';
import { recordsFolder } from './segment-names.js';
import { isOfStranger, unknownOutcome } from './unknown-outcome.js';

/** Milliseconds between two records of how many strangers were refused. */
const COUNT_EVERY = 60_000;
const CHECKPOINTS = { everyRecords: 10_000, everyMs: 10_000 };

export interface LogFolderParts extends Pick<
  LogSegmentsParts,
  'files' | 'folder' | 'durability' | 'segmentSize' | 'segmentAge' | 'keepFor' | 'clock'
> {
  /** The instance. */
  readonly name: string;
  readonly lock: InstanceLock;
  readonly origin: (log: string) => string;
  /** Default: the key in the folder. */
  readonly signer: CheckpointSigner | undefined;
  readonly anchor: CheckpointAnchor | undefined;
  readonly exporters: readonly AuditExporter[];
  readonly diagnostics: Diagnostics;
}

interface Identified {
  readonly log: string;
  readonly origin: string;
}

/** The log of one process while it is open: its records, what it says about itself, and the refusals of strangers beside it. */
export class LogFolder {
  readonly #segments: LogSegments;
  readonly #writer: RecordWriter;
  readonly #refusals: RefusalFiles;
  #exports: readonly ExportRun[] = [];
  #count: NodeJS.Timeout | undefined;

  private constructor(
    private readonly parts: LogFolderParts,
    private readonly about: Identified,
    { open, next }: RecoveredLog,
    private readonly tree: AuditTree,
  ) {
    const assertHeld = (): void => parts.lock.assertHeld();
    this.#segments = new LogSegments({ ...parts, ...about, assertHeld, open, needed: () => this.#needed() });
    this.#refusals = new RefusalFiles(parts.files, parts.folder, parts.clock);
    const onConfirmed = (lines: readonly string[]): void => this.#confirmed(lines);
    this.#writer = new RecordWriter(
      {
        log: about.origin,
        open,
        segment: seq => this.#segments.for(seq),
        segmentNow: () => this.#segments.now(),
        onConfirmed,
        onFailure: error => report(parts, error),
      },
      next,
    );
  }

  /** @throws AuditLogError `audit_log_changed`, and the errors of the file system */
  static async open(parts: LogFolderParts): Promise<LogFolder> {
    await parts.files.makeFolder(recordsFolder(parts.folder));
    const left = await recoverLog(parts.files, parts.folder);
    if (left.next === 0) await assertNew(parts);
    const { log = randomUUID(), origin = parts.origin(log) } = left;
    const signer = parts.signer ?? (await ownCheckpointSigner(parts.files, parts.folder));
    const onFailure = (error: unknown): void => report(parts, error);
    const tell = (level: Diagnostic['level'], what: string): void => tellOperator(parts, level, what);
    const tree = await AuditTree.open({ ...parts, ...CHECKPOINTS, origin, signer, onFailure, tell }, left.next);
    const folder = new LogFolder(parts, { log, origin }, left, tree);
    try {
      await folder.#begin(left);
      await noteBegun(parts, log);
      await folder.#export();
    } catch (error) {
      await folder.#segments.close().catch(() => undefined);
      throw error;
    }
    return folder;
  }

  /** @returns nothing for the refusal of a stranger, which is kept beside the log */
  append(event: AuditEvent): Promise<AuditPosition | undefined> {
    return isOfStranger(event) ? this.#appendBeside(event) : this.#writer.append(event);
  }

  async #appendBeside(event: AuditEvent): Promise<undefined> {
    this.#count ??= setTimeout(() => void this.#recordCounts(), COUNT_EVERY).unref();
    await this.#refusals.append(event);
  }

  /** @throws AuditLogError, and the errors of the file system */
  async assertWritable(): Promise<void> {
    await this.#segments.assertWritable();
    this.parts.lock.assertHeld();
  }

  rotate(): void {
    this.#segments.rotate();
  }

  /** Resolves when every record so far is confirmed. @throws AuditLogError */
  flush(): Promise<void> {
    return this.#writer.flush();
  }

  /** What waits is written first. */
  async close(): Promise<void> {
    try {
      await this.#recordCounts();
      await this.#writer.append(this.#line({ type: 'log.closed' })).catch(error => report(this.parts, error));
      // Its own record is behind all others, and has told what is wrong.
      await this.#writer.end();
      await Promise.all(this.#exports.map(run => run.close()));
      await this.#refusals.close();
      await this.#segments.close();
      await this.tree.close();
    } finally {
      await this.parts.lock.release();
    }
  }

  /** The signed checkpoint of all records so far is made now, and not when it is time. */
  async checkpoint(): Promise<void> {
    await this.#writer.flush().catch(error => report(this.parts, error));
    await this.tree.checkpoint();
  }

  async #begin({ unfinished, next, segment, setAside }: RecoveredLog): Promise<void> {
    const { parts } = this;
    if (next > 0) await this.#segments.resume(segment);
    else await parts.files.syncFolder(parts.folder);
    const about = { instance: parts.name, origin: this.about.origin, set_aside: setAside };
    await this.#writer.append(this.#line({ type: 'log.opened', ...about, unfinished: unfinished.length }));
    await Promise.all(unfinished.map(intent => this.#writer.append(unknownOutcome(intent, parts.clock()))));
  }

  async #export(): Promise<void> {
    const { files, folder, exporters } = this.parts;
    const confirmed = (): number => this.#writer.confirmedUntil;
    const tell = (level: Diagnostic['level'], what: string): void => tellOperator(this.parts, level, what);
    this.#exports = await Promise.all(
      exporters.map(exporter => ExportRun.open({ files, folder, exporter, confirmed, tell })),
    );
    for (const run of this.#exports) run.notice();
  }

  /** The lowest number that something beside the log still needs. */
  #needed(): number {
    return Math.min(this.tree.tiledUntil, ...this.#exports.map(({ needed }) => needed));
  }

  #confirmed(lines: readonly string[]): void {
    this.tree.append(lines);
    for (const run of this.#exports) run.notice();
    this.#segments.removeOld().catch((error: unknown) => report(this.parts, error));
  }

  async #recordCounts(): Promise<void> {
    clearTimeout(this.#count);
    this.#count = undefined;
    const counted = this.#refusals.takeCounts();
    if (counted)
      await this.#writer
        .append(this.#line({ type: 'refusals.counted', ...counted }))
        .catch(error => report(this.parts, error));
  }

  #line<T extends object>(about: T): T & ReturnType<typeof logLine> {
    return { ...logLine(this.about.log, this.parts.clock()), ...about };
  }
}

function report(parts: LogFolderParts, error: unknown): void {
  tellOperator(parts, 'error', error instanceof AuditLogError ? error.message : errorName(error));
}

function tellOperator({ folder, diagnostics }: LogFolderParts, level: Diagnostic['level'], what: string): void {
  diagnostics.report({ level, message: `Audit log ${folder}: ${what}` });
}
