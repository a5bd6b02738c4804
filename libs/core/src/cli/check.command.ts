import { readFile } from 'node:fs/promises';
import { type ReceiptVerdict, verifyReceipt } from '../audit/proof/receipt.js';
import { oneLine } from '../printable.js';
import { wrapped } from './wrapped.js';
import { type Command, type ExitCode, UsageError } from './command.js';

const EXIT: Record<ReceiptVerdict['verdict'], ExitCode> = { witnessed: 0, operator: 3, false: 1 };
const MEMBERS = [
  'time',
  'type',
  'actor_sub',
  'actor_issuer',
  'tenant',
  'agent_id',
  'agent_chain',
  'handler',
  'target',
  'delegation_mode',
  'outcome',
  'reason',
];

export const checkCommand: Command = {
  name: 'check',
  summary: 'checks a receipt, without the log',
  usage: [
    'check <receipt.json> [--key <key>]... [--witness <key>]... [--json]',
    '',
    '--key <key>      the key of the log, from somebody you trust: the content of its checkpoint.pub',
    '--witness <key>  the key of a witness whose signature counts',
    '',
    'exit code  0  a witness that you trust has seen the log with this record',
    "           3  the operator's word only",
    '           1  false: something in it is not what it claims to be',
    '           2  the command is wrong',
    '',
    'The page dist/receipt.html of the package execution-identity shows the same, without a network.',
  ],
  operands: 1,
  options: {
    key: { type: 'string', multiple: true },
    witness: { type: 'string', multiple: true },
    json: { type: 'boolean' },
  },
  async run(typed, { write }) {
    const [path] = typed.positionals;
    if (path === undefined) throw new UsageError('Name the file of a receipt: check receipt-42.json');
    const text = await readFile(path, 'utf8').catch(() => {
      throw new UsageError(`${path} cannot be read.`);
    });
    const verdict = await verifyReceipt(text, { logKeys: typed.list('key'), witnesses: typed.list('witness') });
    if (typed.isSet('json'))
      write(`${JSON.stringify({ ...verdict, checkpoint: undefined, size: verdict.checkpoint?.size })}\n`);
    else write(shown(verdict));
    return EXIT[verdict.verdict];
  },
};

const shownValue = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function shown({ verdict, reason, record, key, witnesses }: ReceiptVerdict): string {
  const seen = witnesses.map(({ name, time }) => `${name} at ${new Date(time * 1000).toISOString()}`).join(', ');
  const by = key?.isTrusted
    ? 'by the key that you gave'
    : 'by the key in the receipt itself, which anybody may have made';
  const sentence = {
    witnessed: `TRUE, AND WITNESSED: the log had this record when ${seen} saw it.`,
    operator: `THE OPERATOR'S WORD ONLY: the log ${oneLine(key?.name ?? '')} has this record, ${by}. No witness that you trust has seen it.`,
    false: `FALSE: ${reason}`,
  }[verdict];
  const lines = MEMBERS.filter(name => record?.[name] !== undefined && record[name] !== null).map(
    name => `  ${name.padEnd(16)} ${oneLine(shownValue(record![name]))}\n`,
  );
  const warning = verdict === 'false' && lines.length ? 'What it says, which is NOT to be believed:\n' : '';
  return `${wrapped(sentence)}${warning}${lines.join('')}`;
}
