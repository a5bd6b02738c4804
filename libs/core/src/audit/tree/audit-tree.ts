import { join } from 'node:path';
import { withinDeadline } from '../../ports/deadline.js';
import { formatVerifierKey } from '../proof/verifier-key.js';
import { type CheckpointAnchor } from './checkpoint-anchor.js';
import { CheckpointFiles, openCheckpoint } from './checkpoint-files.js';
import { keyOfLog, signCheckpoint, writePublicKey } from './checkpoint-key.js';
import { ANCHOR_DEADLINE, anchorFailure, knownCheckpoints, type KnownCheckpointsParts } from './known-checkpoints.js';
import { type FullTile, MerkleTree } from './merkle-tree.js';
import { resumeTree } from './resumed-tree.js';
import { TILE_WIDTH } from './tile-path.js';
import { TileWriter } from './tile-writer.js';

export interface AuditTreeParts extends KnownCheckpointsParts {
  /** Records after which there is a checkpoint at the latest. */
  readonly everyRecords: number;
  /** Milliseconds after which there is a checkpoint of a new record at the latest. */
  readonly everyMs: number;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly onFailure: (error: unknown) => void;
}

/**
 * The tree over a log that is being written, and its checkpoints. It is behind the log and never in its way: what it cannot write is told to the
 * operator and tried again with the next checkpoint.
 */
export class AuditTree {
  readonly #tiles: TileWriter;
  readonly #kept: CheckpointFiles;
  readonly #tree: MerkleTree;
  #full: FullTile[];
  #lines: string[] = [];
  #signed: number;
  #tiled = 0;
  #work: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;
  #isFailing = false;
  #isAnchorAway = false;
  #isClosed = false;
  #isHashing = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly parts: AuditTreeParts,
    { tree, full, signed }: { tree: MerkleTree; full: readonly FullTile[]; signed: number },
  ) {
    this.#tiles = new TileWriter(parts.files, parts.folder);
    this.#kept = new CheckpointFiles(parts.files, parts.folder);
    this.#tree = tree;
    this.#full = [...full];
    this.#signed = signed;
  }

  /**
   * @param next the number of the record that comes next
   * @throws AuditLogError `audit_log_changed` when the log does not fit its newest checkpoint, here or at the anchor
   */
  static async open(parts: AuditTreeParts, next: number): Promise<AuditTree> {
    const { files, folder, origin, signer } = parts;
    const { own, outside } = await knownCheckpoints(parts);
    await writePublicKey(files, folder, formatVerifierKey(await keyOfLog(origin, signer)));
    const resumed = await resumeTree(
      files,
      folder,
      next,
      [own, outside].filter(one => one !== undefined),
    );
    return new AuditTree(parts, { ...resumed, signed: own?.size ?? 0 });
  }

  /** The tree can be made anew without the lines before this number. */
  get tiledUntil(): number {
    return this.#tiled - (this.#tiled % TILE_WIDTH);
  }

  /** Lines that are confirmed, without line feeds, in their order. It never throws. */
  append(lines: readonly string[]): void {
    for (const line of lines) this.#lines.push(line);
    if (this.#isHashing) return;
    this.#isHashing = true;
    // After those who wait for these records.
    setImmediate(() => this.#hash());
  }

  /** Resolves when all lines so far are in a signed checkpoint, or the operator was told why not. */
  async checkpoint(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#hashLines();
    // One that has not begun yet will have these lines too: a slow anchor makes no queue.
    await (this.#queued ?? this.#queue());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.checkpoint();
    clearTimeout(this.#timer);
    await this.#kept.close();
  }

  #queue(): Promise<void> {
    this.#work = this.#work.then(async () => {
      this.#queued = undefined;
      await this.#sign().then(() => (this.#isFailing = false), this.#fail);
    });
    this.#queued = this.#work;
    return this.#work;
  }

  #hash(): void {
    this.#isHashing = false;
    this.#hashLines();
    if (!this.#isFailing && this.#tree.size - this.#signed >= this.parts.everyRecords) void this.checkpoint();
    else this.#plan();
  }

  #plan(): void {
    this.#timer ??= setTimeout(() => void this.checkpoint(), this.parts.everyMs).unref();
  }

  /** Said once, and tried again when it is time for the next one. */
  readonly #fail = (error: unknown): void => {
    if (!this.#isFailing) this.parts.onFailure(error);
    this.#isFailing = true;
    if (!this.#isClosed) this.#plan();
  };

  #hashLines(): void {
    for (const line of this.#lines) this.#full.push(...this.#tree.append(line));
    this.#lines = [];
  }

  async #sign(): Promise<void> {
    if (this.#tree.size === this.#signed) return;
    const { parts } = this;
    const tree = new MerkleTree(this.#tree.size, this.#tree.edge);
    const checkpoint = { origin: parts.origin, size: tree.size, root: new Uint8Array(tree.root()) };
    for (let tile = this.#full[0]; tile; tile = this.#full[0]) {
      await this.#tiles.writeFull(tile);
      this.#full.shift();
    }
    await this.#tiles.writeEdge(tree);
    await this.#keep(await signCheckpoint(checkpoint, parts.signer));
    this.#signed = this.#tiled = tree.size;
  }

  /** What the anchor did not take is kept here all the same: the next one covers it. */
  async #keep(checkpoint: string): Promise<void> {
    const { files, folder, anchor, clock } = this.parts;
    const cosignatures = await this.#publish(checkpoint, anchor).catch((error: unknown) => this.#anchorIsAway(error));
    const text = checkpoint + (cosignatures ?? '');
    if (!openCheckpoint(text))
      throw new TypeError(`${anchor?.name} has answered with something else than signature lines.`);
    await this.#kept.append(text, clock());
    await files.replace(join(folder, 'checkpoint'), Buffer.from(text));
  }

  async #publish(checkpoint: string, anchor: CheckpointAnchor | undefined): Promise<string | undefined> {
    if (!anchor) return undefined;
    const cosignatures = await withinDeadline(ANCHOR_DEADLINE, () => anchor.publish(checkpoint));
    if (this.#isAnchorAway) this.parts.tell('info', `audit.anchor ${anchor.name} takes checkpoints again.`);
    this.#isAnchorAway = false;
    return cosignatures ?? undefined;
  }

  #anchorIsAway(error: unknown): undefined {
    if (!this.#isAnchorAway) this.parts.tell('error', anchorFailure(this.parts.anchor, error));
    this.#isAnchorAway = true;
  }
}
