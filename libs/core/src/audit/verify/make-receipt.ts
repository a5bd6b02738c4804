import { join } from 'node:path';
import { type AuditFiles } from '../log/audit-files.js';
import { AuditLogError } from '../log/audit-log-error.js';
import { nodeFiles } from '../log/node-files.js';
import { linesOf } from '../log/read-records.js';
import { verifyReceipt } from '../proof/receipt.js';
import { formatTlogProof } from '../proof/tlog-proof.js';
import { PUBLIC_KEY } from '../tree/checkpoint-key.js';
import { CheckpointFiles } from '../tree/checkpoint-files.js';
import { TileReader } from '../tree/tile-reader.js';

/**
 * The receipt of a record: the record, the proof that it is in the log, and the newest checkpoint, in one JSON text that `verifyReceipt` and the
 * receipt page check without the log.
 *
 * @param folder of one instance: `<audit.directory>/<instance>`
 * @throws RangeError for a record that is not there, or that no checkpoint covers yet; AuditLogError for a log that is damaged
 */
export async function makeReceipt(folder: string, seq: number, files: AuditFiles = nodeFiles): Promise<string> {
  const checkpoint = await new CheckpointFiles(files, folder).newest();
  const record = await lineOf(folder, seq, files);
  if (!checkpoint || checkpoint.size <= seq)
    throw new RangeError(
      `No checkpoint covers record ${seq} yet: the newest one has ${checkpoint?.size ?? 0} records. A running process makes one within 10 seconds. If it does not come, run: audit verify`,
    );
  const hashes = await new TileReader(files, folder).inclusion(seq, checkpoint.size);
  const proof = formatTlogProof({
    index: seq,
    hashes: hashes.map(hash => new Uint8Array(hash)),
    checkpoint: checkpoint.text,
  });
  const key = Buffer.from(await files.read(join(folder, PUBLIC_KEY)))
    .toString()
    .trim();
  const receipt = `${JSON.stringify({ receipt: 1, record, proof, key }, undefined, 2)}\n`;
  const { verdict, reason } = await verifyReceipt(receipt);
  if (verdict !== 'false') return receipt;
  throw new AuditLogError('changed', `Record ${seq} of ${folder} cannot be proven: ${reason} Run: audit verify`);
}

async function lineOf(folder: string, seq: number, files: AuditFiles): Promise<string> {
  for await (const found of linesOf(folder, seq, files)) {
    if (found.seq === seq) return Buffer.from(found.line).toString();
    break;
  }
  throw new RangeError(
    `Record ${seq} is not in ${folder}: it was never written, retention has removed it, or somebody else has. To know which, run: audit verify`,
  );
}
