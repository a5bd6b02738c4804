import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AuditEvent, type AuditRecord } from 'nestjs-eie';
import { auditOptions, type PartName, type Settings } from '../shop/settings.js';

/** An audit log, as anybody can read it: the lines of its files. */
export class RecordedLog {
  /** @param text of all its files */
  constructor(
    readonly folder: string,
    readonly events: readonly AuditEvent[],
    readonly text = '',
  ) {}

  static async read(settings: Settings, part: PartName): Promise<RecordedLog> {
    const { directory, instance } = auditOptions(settings, part);
    const folder = join(directory, instance);
    const text = (await textOf(join(folder, 'records'))) + (await textOf(join(folder, 'refusals')));
    const events = text.split('\n').filter(Boolean).map(parse).filter(isEvent);
    return new RecordedLog(folder, events, text);
  }

  of(traceId: string): AuditEvent[] {
    return this.events.filter(event => event.trace_id === traceId);
  }

  refusalOf(traceId: string): AuditEvent | undefined {
    return this.of(traceId).find(isRefusal) ?? this.#anonymousRefusalDuring(traceId);
  }

  /** A forged identity has no trace: its refusal stands between the intent and the outcome of the tool that tried it. */
  #anonymousRefusalDuring(traceId: string): AuditEvent | undefined {
    const [from, to] = ['execution.intent', 'execution.outcome'].map(
      type => this.events.find(event => event.trace_id === traceId && event.type === type)?.time,
    );
    if (!from || !to) return undefined;
    return this.events.find(
      event => event.trace_id === null && isRefusal(event) && event.time >= from && event.time <= to,
    );
  }
}

export const isRefusal = ({ type }: AuditEvent): boolean => type.endsWith('.refused');

/** The same for two records of one user through one agent, about one tool. */
export const whoAndWhat = ({ actor_issuer, actor_sub, tenant, agent_id, handler }: AuditEvent): string =>
  JSON.stringify([actor_issuer, actor_sub, tenant, agent_id, handler]);

const parse = (line: string): AuditRecord => JSON.parse(line) as AuditRecord;

/** What the log says about itself is no decision. */
const isEvent = (record: AuditRecord): record is AuditRecord & AuditEvent => 'outcome' in record;

async function textOf(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  const texts = await Promise.all(names.sort().map(name => readFile(join(folder, name), 'utf8')));
  return texts.join('');
}
