import { type FactoryProvider, type Type } from '@nestjs/common';
import { AuditLog, FileAuditLog } from 'execution-identity';
import { AuditRecorder } from 'execution-identity/internal';
import { LoggerDiagnostics } from './logger-diagnostics.js';

interface AuditedOptions {
  readonly audit?: { readonly log?: AuditLog; readonly file?: string };
  readonly clock?: () => number;
}

const DEFAULT_FILE = 'eie-audit.jsonl';

/**
 * The one audit log of a process, from the options of whichever module runs it.
 *
 * @param serviceOf the name of whoever writes the records
 */
export function auditProviders<Options extends AuditedOptions>(
  options: Type<Options>,
  serviceOf: (options: Options) => string,
): FactoryProvider[] {
  return [
    {
      provide: AuditLog,
      useFactory: ({ audit }: AuditedOptions) => audit?.log ?? new FileAuditLog(audit?.file ?? DEFAULT_FILE),
      inject: [options],
    },
    {
      provide: AuditRecorder,
      useFactory: (log: AuditLog, given: Options) =>
        new AuditRecorder(log, given.clock ?? Date.now, new LoggerDiagnostics(), serviceOf(given)),
      inject: [AuditLog, options],
    },
  ];
}
