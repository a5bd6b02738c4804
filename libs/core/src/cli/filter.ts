import { type AuditEvent } from '../audit/audit-event.js';
import { linesOf } from '../audit/log/read-records.js';
import { strangersOf } from '../audit/log/refusal-files.js';
import { type Typed, UsageError } from './command.js';

/** Which events somebody asks for. */
export const FILTER_OPTIONS = {
  trace: { type: 'string' },
  actor: { type: 'string' },
  agent: { type: 'string' },
  tool: { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
} as const;

export const FILTER_USAGE = [
  '--trace <id>      a W3C trace id, or the id of an envelope (the txn of a Txn-Token)',
  '--actor <sub>     the user, by its subject',
  '--agent <id>      the agent that executed',
  '--tool <name>     the tool, or Class.method',
  '--since <time>    2026-11-27, 2026-11-27T12:00:00Z, or 15m, 2h, 7d ago; --until likewise',
];

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

export interface FoundEvent {
  readonly folder: string;
  /** `undefined` for the refusal of a stranger, which is beside the log. */
  readonly seq: number | undefined;
  readonly event: AuditEvent;
}

export class Filter {
  readonly #wanted: readonly ((event: AuditEvent) => boolean)[];
  /** What a line must contain to be read at all. */
  readonly #needles: readonly Buffer[];

  constructor(typed: Typed, now: number) {
    const [trace, actor, agent, tool] = ['trace', 'actor', 'agent', 'tool'].map(name => typed.text(name));
    const [since, until] = [timeOf(typed.text('since'), now), timeOf(typed.text('until'), now)];
    this.#wanted = [
      event => trace === undefined || event.trace_id === trace || event.envelope_id === trace,
      event => actor === undefined || event.actor_sub === actor,
      event => agent === undefined || event.agent_id === agent,
      event => tool === undefined || event.handler === tool,
      event => since === undefined || event.time >= since,
      event => until === undefined || event.time < until,
    ];
    // What JSON escapes is not searched for: such a line is read.
    this.#needles = [trace, actor, agent, tool]
      .filter(one => one !== undefined && /^[\w.:/@ -]+$/.test(one))
      .map(one => Buffer.from(one!));
  }

  /** The events of a log, in their order; what the log says about itself, and what strangers were refused, only where nothing speaks against them. */
  async *events(folder: string, from = 0): AsyncGenerator<FoundEvent> {
    for await (const { seq, line } of linesOf(folder, from)) {
      const event = this.read(line);
      if (event) yield { folder, seq, event };
    }
    if (from === 0)
      for await (const line of strangersOf(folder)) {
        const event = this.read(line);
        if (event) yield { folder, seq: undefined, event };
      }
  }

  read(line: Uint8Array): AuditEvent | undefined {
    const bytes = Buffer.from(line.buffer, line.byteOffset, line.length);
    if (!this.#needles.every(needle => bytes.includes(needle))) return undefined;
    try {
      const event = JSON.parse(bytes.toString()) as AuditEvent;
      return 'outcome' in event && this.#wanted.every(is => is(event)) ? event : undefined;
    } catch {
      return undefined;
    }
  }
}

/** @returns RFC 3339, as records have it, so that texts can be compared */
function timeOf(text: string | undefined, now: number): string | undefined {
  if (text === undefined) return undefined;
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const time = unit === undefined ? Date.parse(text) : now - Number(count) * UNITS[unit]! * 1000;
  if (Number.isNaN(time))
    throw new UsageError(`"${text}" is no time. Write 2026-11-27, 2026-11-27T12:00:00Z, or 15m, 2h, 7d.`);
  return new Date(time).toISOString();
}
