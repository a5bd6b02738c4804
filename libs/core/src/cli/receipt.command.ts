import { writeFile } from 'node:fs/promises';
import { makeReceipt } from '../audit/verify/make-receipt.js';
import { type Command, UsageError } from './command.js';
import { folderOfLog, oneLogFolder } from './folders.js';

export const receiptCommand: Command = {
  name: 'receipt',
  summary: 'makes the receipt of a record: a file that proves it without the log',
  usage: [
    'receipt <number> [folder] [--out <file>]',
    '',
    '<number>      the "seq" of a record; or <log>#<seq>, as the header Audit-Record has it',
    '--out <file>  default: receipt-<number>.json; - writes it to the terminal',
  ],
  operands: 2,
  options: { out: { type: 'string' } },
  async run(typed, { write, note }) {
    const [number, path] = typed.positionals;
    const [, log, seq] = /^(?:(.+)#)?(\d{1,15})$/.exec(number ?? '') ?? [];
    if (seq === undefined) throw new UsageError('Name the number of a record, its "seq": receipt 42');
    const folder = log === undefined ? await oneLogFolder(path) : await folderOfLog(log, path);
    const receipt = await makeReceipt(folder, Number(seq)).catch((error: unknown) => {
      throw error instanceof RangeError ? new UsageError(error.message) : error;
    });
    const file = typed.text('out') ?? `receipt-${Number(seq)}.json`;
    if (file === '-') write(receipt);
    else {
      await writeFile(file, receipt, { mode: 0o600 }).catch(() => {
        throw new UsageError(`${file} cannot be written.`);
      });
      note(`${file}\n`);
    }
    return 0;
  },
};
