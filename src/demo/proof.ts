import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type LogVerification, makeReceipt, type ReceiptVerdict, verifyAuditLog } from 'nestjs-eie';
import { type RecordedLog } from './audit-log.js';
import { paragraph } from './terminal-text.js';

const PACKAGE = dirname(createRequire(import.meta.url).resolve('execution-identity/package.json'));
const COMMAND = join(PACKAGE, 'bin/execution-identity.mjs');
/** The page that checks a receipt in a browser, without a network. */
export const PAGE = join(PACKAGE, 'dist/receipt.html');

/** What the audit log of the run proves, and what a second process says of a receipt from it. */
export interface Proof {
  state: LogVerification['state'];
  records: number;
  receipt: string;
  /** The verdict on the receipt, and on a copy of it in which one byte is another one. */
  verdict: ReceiptVerdict['verdict'];
  changed: ReceiptVerdict['verdict'];
}

/** @param anchor the folder that stands for another machine */
export async function prove({ folder, events }: RecordedLog, anchor: string): Promise<Proof> {
  const { state, size } = await verifyAuditLog(folder, { anchors: [anchor] });
  const act = events.find(({ type, approval_id }) => type === 'execution.outcome' && approval_id !== null) as
    { seq?: number } | undefined;
  const receipt = join(folder, 'receipt.json');
  const text = await makeReceipt(folder, act?.seq ?? 0);
  await writeFile(receipt, text);
  const changed = join(folder, 'receipt-changed.json');
  await writeFile(changed, (await readFile(receipt, 'utf8')).replace('alice', 'alicf'));
  return { state, records: size, receipt, verdict: await verdictOn(receipt), changed: await verdictOn(changed) };
}

export const proofDifferences = ({ state, verdict, changed }: Proof): string[] =>
  state === 'anchored' && verdict === 'operator' && changed === 'false'
    ? []
    : [`proof: the log is ${state}, its receipt ${verdict}, and the changed receipt ${changed}`];

export const proofLines = ({ state, records, verdict, changed }: Proof): string =>
  [
    `The log of ${records} records is ${state}: it leads to each of its checkpoints, and to the copies of them in another folder.`,
    `Of the refund that alice has approved there is a receipt. A second process, which has nothing but the receipt, says: ${verdict}, and of a copy with one other byte: ${changed}.`,
    '"operator": the signature is right, and no witness outside the shop has signed too.',
  ]
    .map(text => paragraph(text))
    .join('\n');

/** By the command line, in a process of its own. Its exit code is that of the verdict, so every code is an answer. */
function verdictOn(receipt: string): Promise<ReceiptVerdict['verdict']> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [COMMAND, 'audit', 'check', receipt, '--json'], (error, stdout) => {
      if (stdout) resolve((JSON.parse(stdout) as ReceiptVerdict).verdict);
      else reject(error ?? new Error('The command has said nothing.'));
    });
  });
}
