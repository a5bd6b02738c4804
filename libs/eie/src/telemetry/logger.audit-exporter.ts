import { Logger } from '@nestjs/common';
import { type AuditExporter, type AuditRecord } from 'execution-identity';
import { jsonLine } from 'execution-identity/internal';

/**
 * Copies records to the Nest logger, in the context `Audit`: one line of JSON each, as in the log: what ends a line or moves a cursor is escaped. After a failure or a restart a line may come again: its `id` says so. The logger
 * confirms nothing, so what it loses is lost there; the log itself has it.
 */
export class LoggerAuditExporter implements AuditExporter {
  readonly name = 'nest-logger';
  readonly #logger = new Logger('Audit');

  async export(records: readonly AuditRecord[]): Promise<void> {
    for (const record of records) this.#logger.log(jsonLine(record));
  }
}
