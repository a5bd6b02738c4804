import { type FactoryProvider, type Type } from '@nestjs/common';
import { AuditLog, FileAuditLog } from 'execution-identity';
import { AuditRecorder } from 'execution-identity/internal';
import { LoggerDiagnostics } from './logger-diagnostics.js';

interface AuditedOptions {
  readonly audit?: { readonly log?: AuditLog; readonly file?: string };
  readonly clock?: () => number;
}

const DEFAULT_FILE = 'eie-audit.jsonl';

/** The one audit log of a process, from the options of whichever module runs it. */
export function auditProviders(options: Type<AuditedOptions>): FactoryProvider[] {
  return [
    {
      provide: AuditLog,
      useFactory: ({ audit }: AuditedOptions) => audit?.log ?? new FileAuditLog(audit?.file ?? DEFAULT_FILE),
      inject: [options],
    },
    {
      provide: AuditRecorder,
      useFactory: (log: AuditLog, { clock = Date.now }: AuditedOptions) =>
        new AuditRecorder(log, clock, new LoggerDiagnostics()),
      inject: [AuditLog, options],
    },
  ];
}
