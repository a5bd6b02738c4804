import { setTimeout as sleep } from 'node:timers/promises';
import { type AuditEvent } from '../audit/audit-event.js';
import { oneLine } from '../printable.js';
import { agentsOf } from './agents-of.js';
import { type Command, type Terminal, type Typed, UsageError } from './command.js';
import { type Filter, FILTER_OPTIONS, FILTER_USAGE, search } from './filter.js';
import { LogFollower } from './follow.js';
import { revokedOf } from './revoked-of.js';

const POLL_MS = 250;
const COLOURS: Record<AuditEvent['outcome'], string> = {
  started: '2',
  ok: '32',
  failed: '31',
  refused: '33',
  unknown: '35',
};

export const tailCommand: Command = {
  name: 'tail',
  summary: 'shows the last records, one line each, and those that come',
  usage: [
    'tail [folder] [-n <count>] [--follow] [filters] [--json] [--no-color]',
    '',
    '-n <count>        default 10',
    '-f, --follow      goes on until Ctrl-C',
    ...FILTER_USAGE,
    '',
    'Refusals of callers that are not identified are beside the log:',
    'who --outcome refused lists them.',
  ],
  operands: 1,
  endsInOrder: true,
  options: {
    ...FILTER_OPTIONS,
    lines: { type: 'string', short: 'n' },
    follow: { type: 'boolean', short: 'f' },
    'no-color': { type: 'boolean' },
    json: { type: 'boolean' },
  },
  async run(typed, terminal) {
    const count = Number(typed.text('lines') ?? 10);
    if (!Number.isSafeInteger(count) || count < 0) throw new UsageError('-n takes a whole number.');
    const { folders, filter } = await search(typed);
    const logs = await Promise.all(folders.map(folder => LogFollower.nearTheEnd(folder)));
    let last: { time: string; line: string }[] = [];
    for (const log of logs)
      await readOn(log, filter, event => {
        last.push({ time: event.time, line: lineOf(event, typed, terminal) });
        if (last.length > count + 1000) last = newest(last, count);
      });
    for (const { line } of newest(last, count)) terminal.write(line);
    while (typed.isSet('follow') && !terminal.signal.aborted) {
      await sleep(POLL_MS, undefined, { signal: terminal.signal }).catch(() => undefined);
      for (const log of logs) await readOn(log, filter, event => terminal.write(lineOf(event, typed, terminal)));
    }
    return filter.damage.tell(terminal);
  },
};

const newest = <T extends { time: string }>(events: T[], count: number): T[] =>
  count ? events.sort((one, other) => (one.time < other.time ? -1 : 1)).slice(-count) : [];

async function readOn(
  log: LogFollower,
  filter: Filter,
  show: (event: AuditEvent & { seq?: number }) => void,
): Promise<void> {
  for await (const found of log.lines()) {
    const event = filter.read(log.folder, found);
    if (event) show({ ...event, seq: found.seq });
  }
}

function lineOf(event: AuditEvent & { seq?: number }, typed: Typed, { isInteractive }: Terminal): string {
  if (typed.isSet('json')) return `${JSON.stringify(event)}\n`;
  const { time, type, actor_sub, handler, target, delegation_mode, outcome, reason, seq, posture_sha256 } = event;
  const isRevocation = type === 'identity.revoked';
  const who = isRevocation
    ? revokedOf(event)
    : actor_sub === null
      ? '-'
      : `${actor_sub} by ${agentsOf(event).join(' for ') || '-'}`;
  const posture = posture_sha256 && `posture ${posture_sha256}`;
  const what = [handler, posture, target && `-> ${target}`, delegation_mode && `(${delegation_mode})`]
    .filter(Boolean)
    .join(' ');
  const end = `${outcome}${reason === null ? '' : `: ${reason}`}`;
  const isColoured = isInteractive && !typed.isSet('no-color') && !process.env.NO_COLOR;
  const coloured = isColoured ? `\u001b[${COLOURS[outcome]}m${oneLine(end)}\u001b[0m` : oneLine(end);
  return `${time.slice(11, 23)} #${seq} ${type}  ${oneLine(who)}  ${oneLine(what)}  ${coloured}\n`;
}
