import { join, resolve } from 'node:path';
import { type Diagnostics } from '../ports/diagnostics.js';
import { type AuditEvent } from './audit-event.js';
import { AuditLog, type AuditPosition } from './audit-log.js';
import { type AuditFiles } from './log/audit-files.js';
import { type CheckpointAnchor } from './tree/checkpoint-anchor.js';
import { type CheckpointSigner } from './tree/checkpoint-key.js';
import { AuditLogError } from './log/audit-log-error.js';
import { assertNamed, type AuditExporter } from './export/audit-exporter.js';
import { argumentsDigest } from './arguments-digest.js';
import { keyFile } from './log/key-file.js';
import { takeInstance } from './log/instance-name.js';
import { LogFolder } from './log/log-folder.js';
import { nodeFiles } from './log/node-files.js';
import { type AuditDurability } from './log/segment.js';
import { PersonKeys } from './person/person-keys.js';
import { Pseudonyms } from './person/pseudonyms.js';

export interface FileAuditLogOptions {
  /** The folder of all logs. Each process writes a folder of its own in it. */
  readonly directory: string;
  /** The name of that folder. Default: the name of the host; a second process there gets a number behind it. */
  readonly instance?: string | undefined;
  /** What a confirmed record survives. Default `power-loss`. */
  readonly durability?: AuditDurability | undefined;
  /** Seconds that records are kept at least, by whole segments. Default: for ever. */
  readonly keepFor?: number | undefined;
  /** Whether records have pseudonyms in place of subjects and sessions of users, each by a key that can be removed. Default false. */
  readonly pseudonyms?: boolean | undefined;
  /** Bytes after which a new segment begins. Default 64 MiB. */
  readonly segmentSize?: number | undefined;
  /** Seconds after which a new segment begins. Default one day. */
  readonly segmentAge?: number | undefined;
  /** The origin of its checkpoints, of the UUID of the log: a URL without scheme. Default `audit.invalid/<log>`. */
  readonly origin?: ((log: string) => string) | undefined;
  /** The key that signs checkpoints. Default: one in the folder of the log, which proves nothing against whoever can read that. */
  readonly signer?: CheckpointSigner | undefined;
  /** Where checkpoints are kept outside this machine. Default: nowhere, so the log is self-consistent and not anchored. */
  readonly anchor?: CheckpointAnchor | undefined;
  /** Those that bring records elsewhere, behind the log, each with a name of its own. */
  readonly exporters?: readonly AuditExporter[] | undefined;
  /** Milliseconds since the epoch. */
  readonly clock?: (() => number) | undefined;
  readonly diagnostics?: Diagnostics | undefined;
  readonly files?: AuditFiles | undefined;
}

const MEBIBYTE = 1_048_576;
const DAY = 86_400;

/**
 * The audit log in a folder: JSON lines in segments that are only ever appended to, mode 0600, one log for each process.
 *
 * `append` resolves when the record survives a loss of power (group commit, `fdatasync`), and rejects when that is not certain: a full or
 * broken disk, a file that was renamed, cut or removed, a queue of 10,000 acts. For an outcome it resolves when the record survives the process: it
 * survives a loss of power with the next act, within 10 ms, or after `flush`. Refusals of callers that are not identified go to files of their own, of
 * at most 16 MiB, and are counted in the log. What a process leaves unfinished, or a loss of power takes of outcomes, the next one finishes with
 * `outcome: unknown`. Over its records there is a Merkle tree with signed checkpoints; without an `anchor` they prove nothing against whoever can write
 * this folder.
 */
export class FileAuditLog extends AuditLog {
  readonly #options: FileAuditLogOptions;
  readonly #files: AuditFiles;
  #folder: Promise<LogFolder> | undefined;
  #opened: LogFolder | undefined;
  #place: string;
  #argumentsKey: Uint8Array | undefined;
  #pseudonyms: Pseudonyms | undefined;
  /** The records that wait for a pseudonym, or for the log to be open. */
  #coming: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(options: FileAuditLogOptions) {
    super();
    assertNamed(options.exporters ?? []);
    this.#options = options;
    this.#files = options.files ?? nodeFiles;
    this.#place = resolve(options.directory);
  }

  /** The absolute path of the folder of this process, or of all logs while it is not open. */
  override get place(): string {
    return this.#place;
  }

  override get assurance(): string {
    const { anchor } = this.#options;
    return anchor ? `checkpoints are kept at ${anchor.name}` : 'self-consistent, not anchored';
  }

  /** @throws AuditLogError when another process writes it, or when it is not as it was left; the errors of the file system */
  override async open(): Promise<void> {
    await this.#open();
  }

  /**
   * Whether its file and its lock are where this process has left them, and the disk has confirmed what was written.
   *
   * @throws AuditLogError, and the errors of the file system
   */
  override async assertWritable(): Promise<void> {
    if (this.#closing) throw closed();
    await this.#opened?.assertWritable();
  }

  /** By the key in `arguments.key` of its folder, which is made at the first start; `null` while the log is not open. */
  override digestOf(args: unknown): string | null {
    return this.#argumentsKey ? argumentsDigest(this.#argumentsKey, args) : null;
  }

  /** @throws AuditLogError, and the errors of the file system */
  append(event: AuditEvent): Promise<AuditPosition | undefined> {
    if (this.#opened && !this.#pseudonyms && !this.#closing) return this.#opened.append(event);
    const appended = this.#appendLater(event);
    this.#coming = Promise.allSettled([this.#coming, appended]).then(() => undefined);
    return appended;
  }

  async #appendLater(event: AuditEvent): Promise<AuditPosition | undefined> {
    if (this.#closing) throw closed();
    const folder = await this.#open();
    return folder.append(this.#pseudonyms ? await this.#pseudonyms.in(event) : event);
  }

  /** Confirms every record so far. @throws AuditLogError when the disk does not */
  override async flush(): Promise<void> {
    await this.#opened?.flush();
  }

  /** Begins a new segment, so that all records so far are in files that are not written any more. */
  async rotate(): Promise<void> {
    (await this.#open()).rotate();
  }

  /** The signed checkpoint of all records so far is made now. It is made by itself after 10,000 records, or 10 seconds after a record. */
  async checkpoint(): Promise<void> {
    await (await this.#open()).checkpoint();
  }

  override close(): Promise<void> {
    // The caller of `append` has been told of a log that could not be opened.
    const opened = this.#coming.then(() => this.#folder?.catch(() => undefined));
    return (this.#closing ??= opened.then(folder => folder?.close()));
  }

  async #open(): Promise<LogFolder> {
    if (this.#closing) throw closed();
    this.#folder ??= this.#take().catch((error: unknown) => {
      this.#folder = undefined;
      throw error;
    });
    return this.#folder;
  }

  async #take(): Promise<LogFolder> {
    const {
      directory,
      instance,
      durability,
      keepFor,
      segmentSize,
      segmentAge,
      origin,
      clock = Date.now,
      diagnostics,
      signer,
      anchor,
      exporters,
      pseudonyms = false,
    } = this.#options;
    const taken = await takeInstance(this.#files, resolve(directory), instance);
    try {
      this.#argumentsKey = await keyFile(this.#files, join(taken.folder, 'arguments.key'));
      if (pseudonyms) this.#pseudonyms = new Pseudonyms(await PersonKeys.open(this.#files, resolve(directory)), clock);
      const opened = await LogFolder.open({
        ...taken,
        files: this.#files,
        durability: durability ?? 'power-loss',
        keepFor: keepFor ?? Infinity,
        segmentSize: segmentSize ?? 64 * MEBIBYTE,
        segmentAge: segmentAge ?? DAY,
        origin: origin ?? (log => `audit.invalid/${log}`),
        signer,
        anchor,
        exporters: exporters ?? [],
        clock,
        diagnostics: diagnostics ?? { report: () => undefined },
      });
      this.#place = taken.folder;
      this.#opened = opened;
      return opened;
    } catch (error) {
      await taken.lock.release().catch(() => undefined);
      throw error;
    }
  }
}

const closed = (): AuditLogError => new AuditLogError('closed', 'The audit log is closed: the application has ended.');
