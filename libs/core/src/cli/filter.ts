import { type AuditEvent } from '../audit/audit-event.js';
import { beginsAsRecord, linesOf, type RecordLine } from '../audit/log/read-records.js';
import { strangersOf } from '../audit/log/refusal-files.js';
import { oneLine } from '../printable.js';
import { agentsOf } from './agents-of.js';
import { type Typed, UsageError } from './command.js';
import { Damage } from './damage.js';
import { logFolders } from './folders.js';
import { pseudonymsOf } from './pseudonyms-of.js';

/** Which events somebody asks for. */
export const FILTER_OPTIONS = {
  trace: { type: 'string' },
  actor: { type: 'string' },
  agent: { type: 'string' },
  tool: { type: 'string' },
  outcome: { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
} as const;

export const FILTER_USAGE = [
  '--trace <id>      a W3C trace id, or the id of an envelope (the txn of a Txn-Token)',
  '--actor <sub>     the user, by its subject; its pseudonyms are looked up',
  '--agent <id>      the agent that called, or that another agent called for',
  '--tool <name>     the tool, or Class.method',
  '--outcome <how>   started, ok, failed, refused, or unknown: the process has ended in between',
  '--since <time>    2026-11-27, 2026-11-27T12:00:00 (UTC), or 15m, 2h, 7d ago; --until likewise',
];

const OUTCOMES: readonly string[] = ['started', 'ok', 'failed', 'refused', 'unknown'];

/** RFC 3339, where seconds and the zone may be left out. */
const TIME = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/;

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

export interface FoundEvent {
  readonly folder: string;
  /** `undefined` for the refusal of a stranger, which is beside the log. */
  readonly seq: number | undefined;
  readonly event: AuditEvent;
}

/** The folders that somebody asks about, and what to look for in them. */
export async function search(typed: Typed): Promise<{ readonly folders: readonly string[]; readonly filter: Filter }> {
  assertOutcome(typed.text('outcome'));
  const folders = await logFolders(typed.positionals[0]);
  const actor = typed.text('actor');
  return {
    folders,
    filter: new Filter(typed, Date.now(), actor === undefined ? [] : await pseudonymsOf(actor, folders)),
  };
}

export class Filter {
  /** What was passed over in the logs. */
  readonly damage = new Damage();
  readonly #wanted: readonly ((event: AuditEvent) => boolean)[];
  /** What a line must contain to be read at all: one text of each list. */
  readonly #needles: readonly (readonly Buffer[])[];

  /** @param pseudonyms of the actor that is looked for */
  constructor(
    typed: Typed,
    now: number,
    readonly pseudonyms: readonly string[],
  ) {
    const [trace, actor, agent, tool, outcome] = ['trace', 'actor', 'agent', 'tool', 'outcome'].map(name =>
      typed.text(name),
    );
    const actors = actor === undefined ? [] : [actor, ...pseudonyms];
    const [since, until] = [timeOf(typed.text('since'), now), timeOf(typed.text('until'), now)];
    this.#wanted = [
      event => trace === undefined || event.trace_id === trace || event.envelope_id === trace,
      event => actor === undefined || actors.includes(event.actor_sub ?? ''),
      event => agent === undefined || agentsOf(event).includes(agent),
      event => tool === undefined || event.handler === tool,
      event => outcome === undefined || event.outcome === outcome,
      event => since === undefined || event.time >= since,
      event => until === undefined || event.time < until,
    ];
    // What JSON escapes is not searched for: such a line is read.
    this.#needles = [[trace], actors, [agent], [tool]]
      .map(texts => texts.filter(text => text !== undefined))
      .filter(texts => texts.length && texts.every(text => /^[\w.:/@ -]+$/.test(text)))
      .map(texts => texts.map(text => Buffer.from(text)));
  }

  /** The events of a log, in their order; then what strangers were refused beside it. What the log says about itself is no event. */
  async *events(folder: string): AsyncGenerator<FoundEvent> {
    yield* this.ofLog(folder);
    yield* this.ofStrangers(folder);
  }

  async *ofLog(folder: string): AsyncGenerator<FoundEvent> {
    let isEmpty = true;
    for await (const found of linesOf(folder)) {
      isEmpty = false;
      const event = this.read(folder, found);
      if (event) yield { folder, seq: found.seq, event };
    }
    if (isEmpty) this.damage.noteEmpty(folder);
  }

  async *ofStrangers(folder: string): AsyncGenerator<FoundEvent> {
    for await (const line of strangersOf(folder)) {
      const event = this.#mayFit(line) ? eventIn(line) : undefined;
      if (event && this.#fits(event)) yield { folder, seq: undefined, event };
    }
  }

  /** The event of a line of a log, where it is wanted. */
  read(folder: string, { seq, line }: RecordLine): AuditEvent | undefined {
    const isRecord = beginsAsRecord(line, seq);
    if (isRecord && !this.#mayFit(line)) return undefined;
    const found = recordIn(line);
    if (!isRecord || !found) this.damage.note(folder, seq);
    return found && isEvent(found) && this.#fits(found) ? found : undefined;
  }

  #mayFit(line: Uint8Array): boolean {
    const bytes = Buffer.from(line.buffer, line.byteOffset, line.length);
    return this.#needles.every(texts => texts.some(text => bytes.includes(text)));
  }

  #fits(event: AuditEvent): boolean {
    return this.#wanted.every(is => is(event));
  }
}

function assertOutcome(text: string | undefined): void {
  if (text !== undefined && !OUTCOMES.includes(text))
    throw new UsageError(`No record has the outcome "${oneLine(text)}". There are: ${OUTCOMES.join(', ')}.`);
}

/** The event of a line; `undefined` for what the log says about itself, and for what is no record. */
export function eventIn(line: Uint8Array): AuditEvent | undefined {
  const record = recordIn(line);
  return record && isEvent(record) ? record : undefined;
}

const isEvent = (record: object): record is AuditEvent => 'outcome' in record;

function recordIn(line: Uint8Array): object | undefined {
  try {
    const record: unknown = JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.length).toString());
    return typeof record === 'object' && record !== null ? record : undefined;
  } catch {
    return undefined;
  }
}

/** In UTC where it names no zone. Node takes more than that: other words, in the zone of the machine. */
function timeIn(text: string): number {
  const [, day, zone] = TIME.exec(text) ?? [];
  if (day === undefined) return NaN;
  // Of February 30 it makes March 2.
  const isDay = !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day);
  return isDay ? Date.parse(zone === undefined && text !== day ? `${text}Z` : text) : NaN;
}

/** @returns RFC 3339, as records have it, so that texts can be compared */
function timeOf(text: string | undefined, now: number): string | undefined {
  if (text === undefined) return undefined;
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const time = unit === undefined ? timeIn(text) : now - Number(count) * UNITS[unit]! * 1000;
  if (Number.isNaN(time))
    throw new UsageError(`"${text}" is no time. Write 2026-11-27, 2026-11-27T12:00:00Z, or 15m, 2h, 7d.`);
  return new Date(time).toISOString();
}
