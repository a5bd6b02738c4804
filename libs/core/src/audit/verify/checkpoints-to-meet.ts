import { join } from 'node:path';
import { type AuditFiles } from '../log/audit-files.js';
import { signedBy } from '../proof/note.js';
import { type VerifierKey } from '../proof/verifier-key.js';
import { anchorFolder } from '../tree/checkpoint-anchor.js';
import { CheckpointFiles, type KeptCheckpoint } from '../tree/checkpoint-files.js';

/** A checkpoint that the records must lead to. */
export interface ToMeet {
  readonly size: number;
  readonly root: Uint8Array;
  /** The signed note. */
  readonly text: string;
  /** For the reader of a report: which checkpoint, and where it is kept. */
  readonly where: string;
  /** Whether it is known outside the folder of the log: kept elsewhere, or seen by a witness. */
  readonly isOutside: boolean;
}

interface Sources {
  readonly files: AuditFiles;
  readonly folder: string;
  readonly anchors: readonly string[];
  readonly key: { readonly key: VerifierKey } | undefined;
  readonly witnesses: readonly VerifierKey[];
  readonly report: (what: string) => void;
}

/** All checkpoints of a log, smallest first: its own, and those of its anchors. Wrong signatures are reported. */
export async function checkpointsToMeet(sources: Sources): Promise<ToMeet[]> {
  const { files, folder, anchors, key } = sources;
  // Read before those that are kept: the writer keeps a checkpoint first, so one that is made meanwhile is no surprise.
  const newest = await newestText(files, folder);
  const all = await checked(new CheckpointFiles(files, folder), 'the log', sources, false);
  if (newest !== undefined && !all.some(({ text }) => text === newest))
    sources.report(`${newestPath(folder)} is none of the checkpoints that the log has.`);
  for (const anchor of anchors) {
    const place = key ? anchorFolder(anchor, key.key.name) : anchor;
    const found = await checked(new CheckpointFiles(files, place), anchor, sources, true);
    if (!found.length)
      sources.report(`${anchor} has no checkpoint of this log. It must be the folder that audit.anchor names.`);
    all.push(...found);
  }
  return all.sort((one, other) => one.size - other.size);
}

/** The file for readers of C2SP tlog-tiles: one of the checkpoints that are kept, though not always the last. */
async function newestText(files: AuditFiles, folder: string): Promise<string | undefined> {
  const path = newestPath(folder);
  return (await files.state(path)) && Buffer.from(await files.read(path)).toString();
}

const newestPath = (folder: string): string => join(folder, 'checkpoint');

async function checked(kept: CheckpointFiles, place: string, sources: Sources, isOutside: boolean): Promise<ToMeet[]> {
  const found: ToMeet[] = [];
  let last = 0;
  for await (const checkpoint of kept.all()) {
    if (!checkpoint) {
      sources.report(`A checkpoint of ${place} cannot be read.`);
      continue;
    }
    const where = `the checkpoint of ${checkpoint.size} records that ${place} has`;
    if (!(await isSigned(checkpoint, sources))) sources.report(`The signature of ${where} is missing or wrong.`);
    if (checkpoint.size < last)
      sources.report(`After a checkpoint of ${last} records ${place} has one of ${checkpoint.size}.`);
    last = checkpoint.size;
    const isWitnessed = await isSeen(checkpoint, where, sources);
    found.push({
      size: checkpoint.size,
      root: checkpoint.root,
      text: checkpoint.text,
      where,
      isOutside: isOutside || isWitnessed,
    });
  }
  return found;
}

async function isSigned({ origin, note }: KeptCheckpoint, { key }: Sources): Promise<boolean> {
  return key?.key.name === origin && (await signedBy(note, key.key)).by === 'key';
}

async function isSeen({ note }: KeptCheckpoint, where: string, { witnesses, report }: Sources): Promise<boolean> {
  let isWitnessed = false;
  for (const witness of witnesses) {
    const { by } = await signedBy(note, witness);
    if (by === 'forger') report(`The signature of ${witness.name} at ${where} is wrong.`);
    isWitnessed ||= by === 'key';
  }
  return isWitnessed;
}
