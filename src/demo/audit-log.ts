import { readFile } from 'node:fs/promises';
import { type AuditEvent } from 'nestjs-eie';
import { auditFile, type PartName, type Settings } from '../shop/settings.js';

/** An audit log, as anybody can read it: the lines of one file. */
export class RecordedLog {
  private constructor(
    readonly file: string,
    readonly text: string,
    readonly events: readonly AuditEvent[],
  ) {}

  static async read(settings: Settings, part: PartName): Promise<RecordedLog> {
    const file = auditFile(settings, part);
    const text = await readFile(file, 'utf8');
    return new RecordedLog(
      file,
      text,
      text
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as AuditEvent),
    );
  }

  of(traceId: string): AuditEvent[] {
    return this.events.filter(event => event.trace_id === traceId);
  }

  refusalOf(traceId: string): AuditEvent | undefined {
    return this.of(traceId).find(isRefusal) ?? this.#anonymousRefusalDuring(traceId);
  }

  /** A forged identity has no trace: its refusal stands between the intent and the outcome of the tool that tried it. */
  #anonymousRefusalDuring(traceId: string): AuditEvent | undefined {
    const [from, to] = ['execution.intent', 'execution.outcome'].map(type =>
      this.events.findIndex(event => event.trace_id === traceId && event.type === type),
    );
    const between = from! >= 0 && to! > from! ? this.events.slice(from! + 1, to) : [];
    return between.find(event => event.trace_id === null && isRefusal(event));
  }
}

export const isRefusal = ({ type }: AuditEvent): boolean => type.endsWith('.refused');
