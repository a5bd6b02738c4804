import { EieConfigurationError } from '../../errors.js';
import { type AuditRecord } from '../log/record-line.js';

/**
 * Takes a copy of the records elsewhere: to a database, a broker, a collector. It reads behind the log and never holds up a call. Records come in their order and at
 * least once: after a failure or a restart a batch may come again, so a destination keeps one of those with the same `id`.
 */
export interface AuditExporter {
  /** Names the cursor of this exporter in the folder of the log: letters, digits, `.`, `_` and `-`. Another name begins at the first record. */
  readonly name: string;
  /**
   * Resolves when the destination has the records for good. Where it rejects, the operator is told, and the same records are tried again, after a second at first and
   * after a minute at the most, for as long as it takes. Meanwhile retention keeps them. When the log is closed, what is left is sent for 30 seconds, and the rest after the next start.
   *
   * @param records at most 500
   * @param signal aborts after 30 seconds: then the batch counts as failed
   */
  export(records: readonly AuditRecord[], signal: AbortSignal): Promise<void>;
}

/** Whether each has a name that can be that of a file, and no two have one: they would share a cursor, and each would miss what the other has got. */
export function areNamed(exporters: readonly Partial<AuditExporter>[]): boolean {
  const names = exporters.map(({ name }) => name);
  return names.every(name => /^[\w.-]{1,100}$/.test(name ?? '')) && new Set(names).size === names.length;
}

/** @throws EieConfigurationError */
export function assertNamed(exporters: readonly AuditExporter[]): void {
  if (areNamed(exporters)) return;
  throw new EieConfigurationError(
    'Each exporter of an audit log needs a name of its own: 1 to 100 letters, digits, ".", "_" and "-".',
  );
}
