import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { anchorFolder } from '../audit/tree/checkpoint-anchor.js';
import { oneLine } from '../printable.js';
import { type LogVerification, verifyAuditLog } from '../audit/verify/verify-log.js';
import { wrapped } from './wrapped.js';
import { type Command, type ExitCode, type Terminal } from './command.js';
import { assertFolder, logFolders } from './folders.js';

const EXIT: Record<LogVerification['state'], ExitCode> = { anchored: 0, 'self-consistent': 3, broken: 1 };

export const verifyCommand: Command = {
  name: 'verify',
  summary: 'reads a whole log and compares it with its tree, its checkpoints and their copies outside',
  usage: [
    'verify [folder] [--anchor <folder>]... [--key <key>] [--witness <key>]... [--json]',
    '',
    '--anchor <folder>  where checkpoints are kept outside the machine that writes the log',
    '--key <key>        the key of the log, from somebody you trust; else the one in the folder is used',
    '--witness <key>    the key of a witness whose signatures count',
    '',
    'exit code  0  anchored: no record before the last copy outside was changed',
    '           3  self-consistent, not anchored: whoever has the folder and its key could have written it anew',
    '           1  broken: changed or damaged; the first wrong record is named',
    '           2  the command is wrong',
    '',
    'It does not cover the folder refusals/: who was refused before it was known who calls is kept, and not proven.',
  ],
  operands: 1,
  options: {
    anchor: { type: 'string', multiple: true },
    key: { type: 'string' },
    witness: { type: 'string', multiple: true },
    json: { type: 'boolean' },
  },
  async run(typed, terminal) {
    for (const anchor of typed.list('anchor')) await assertFolder(anchor);
    const results: (LogVerification & { folder: string })[] = [];
    for (const folder of await logFolders(typed.positionals[0])) {
      const onProgress = (done: number, total: number): void => {
        if (terminal.isInteractive) terminal.note(`\r${basename(folder)}: ${done} of ${Math.max(done, total)} records`);
      };
      const options = {
        anchors: typed.list('anchor'),
        key: typed.text('key'),
        witnesses: typed.list('witness'),
        onProgress,
      };
      const result = await verifyAuditLog(folder, options);
      if (terminal.isInteractive) terminal.note('\r\u001b[K');
      results.push({ folder, ...result });
      if (!typed.isSet('json')) show(folder, result, terminal);
    }
    const missing = await notHere(typed.list('anchor'), results, typed.positionals[0]);
    if (typed.isSet('json')) terminal.write(`${JSON.stringify({ logs: results, missing })}\n`);
    else for (const { anchor, logs } of missing) terminal.write(wrapped(missingText(anchor, logs)));
    const codes = results.map(({ state }) => EXIT[state]);
    return codes.find(code => code === 1) ?? codes.find(code => code === 3) ?? 0;
  },
};

/** The logs of which an anchor has checkpoints, and which are not in the folder. Nothing where one log was named. */
async function notHere(
  anchors: readonly string[],
  found: readonly (LogVerification & { folder: string })[],
  path: string | undefined,
): Promise<{ anchor: string; logs: string[] }[]> {
  if (path !== undefined && found.some(({ folder }) => folder === resolve(path))) return [];
  const missing = await Promise.all(
    anchors.map(async anchor => {
      const known = found.map(({ origin }) => origin && anchorFolder(anchor, origin));
      const entries = await readdir(anchor, { withFileTypes: true });
      const logs = entries.filter(one => one.isDirectory() && one.name !== 'lost+found').map(({ name }) => name);
      return { anchor, logs: logs.filter(name => !known.includes(join(anchor, name))).sort() };
    }),
  );
  return missing.filter(({ logs }) => logs.length > 0);
}

const missingText = (anchor: string, logs: readonly string[]): string =>
  `${oneLine(anchor)} has checkpoints of ${logs.length === 1 ? 'a log that is' : `${logs.length} logs that are`} not here: ${logs.map(oneLine).join(', ')}. Either its folder was removed, or another machine uses this anchor too.`;

function show(folder: string, result: LogVerification, { write }: Terminal): void {
  const { first, size, checkpoints, coveredUntil, key, problems } = result;
  const last = size - 1;
  write(`${folder}\n`);
  write(
    `  records      ${size > first ? `${first} to ${last}` : 'none'}${first ? ' (those before were removed by retention)' : ''}\n`,
  );
  write(
    `  checkpoints  ${checkpoints ? `${checkpoints}, up to record ${coveredUntil - 1}` : 'none'}${size > coveredUntil ? `; ${size - coveredUntil} ${size - coveredUntil === 1 ? 'record' : 'records'} came after` : ''}\n`,
  );
  if (key)
    write(
      `  key          ${key.text}\n               ${key.isTrusted ? 'the one that you gave' : 'from the folder itself: compare it with what the operator says'}\n`,
    );
  write(wrapped(sentence(result), '  '));
  for (const { seq, what } of problems)
    write(wrapped(`- ${seq === undefined ? '' : `record ${seq}: `}${oneLine(what)}`, '  '));
}

function sentence({ state, anchoredUntil, size, problems }: LogVerification): string {
  const first = problems.find(({ seq }) => seq !== undefined)?.seq;
  switch (state) {
    case 'anchored':
      return `ANCHORED: nobody has changed a record before ${anchoredUntil} since its checkpoint was kept outside.${size > anchoredUntil ? ` What came after only fits together.` : ''}`;
    case 'self-consistent':
      return 'SELF-CONSISTENT, NOT ANCHORED: it fits together. Whoever has this folder and its key could have written it anew; only a copy of a checkpoint outside shows that (--anchor, --witness).';
    case 'broken':
      return `BROKEN: it was changed or damaged${first === undefined ? '' : `; the first wrong record is ${first}`}.`;
  }
}
