import { createRequire } from 'node:module';
import type * as Logs from '@opentelemetry/api-logs';
import { type AuditExporter, type AuditRecord, EieConfigurationError } from 'execution-identity';
import { SCOPE } from './opentelemetry.js';

/** The type of a record as the name of an event: OpenTelemetry, Logs Data Model. */
const EVENT = 'audit';

/**
 * Copies records to OpenTelemetry as log records, by `@opentelemetry/api-logs` and the provider that the application has registered. Members that are `null` are left out; lists
 * are JSON. The provider confirms nothing: give it an exporter that stores and retries. A record may come again: `eie.id` is the same.
 *
 * @throws EieConfigurationError where `@opentelemetry/api-logs` is not installed
 */
export class OtelLogsAuditExporter implements AuditExporter {
  readonly name = 'otel-logs';
  readonly #api = load();

  async export(records: readonly AuditRecord[]): Promise<void> {
    const { logs, SeverityNumber } = this.#api;
    const logger = logs.getLogger(SCOPE);
    for (const record of records) {
      const isTrouble = 'outcome' in record && ['failed', 'refused', 'unknown'].includes(record.outcome);
      logger.emit({
        eventName: `${EVENT}.${record.type}`,
        timestamp: Date.parse(record.time),
        severityNumber: isTrouble ? SeverityNumber.WARN : SeverityNumber.INFO,
        severityText: isTrouble ? 'WARN' : 'INFO',
        body: record.type,
        attributes: attributesOf(record),
      });
    }
  }
}

function attributesOf(record: AuditRecord): Record<string, string | number> {
  const attributes: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(record) as [string, unknown][])
    if (typeof value === 'string' || typeof value === 'number') attributes[`eie.${name}`] = value;
    else if (value !== null) attributes[`eie.${name}`] = JSON.stringify(value);
  return attributes;
}

function load(): typeof Logs {
  try {
    return createRequire(import.meta.url)('@opentelemetry/api-logs') as typeof Logs;
  } catch {
    throw new EieConfigurationError(
      'OtelLogsAuditExporter needs @opentelemetry/api-logs: install it, and register a LoggerProvider.',
    );
  }
}
