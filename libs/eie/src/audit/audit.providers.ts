import { type FactoryProvider, type Type } from '@nestjs/common';
import { AuditLog } from './audit-log.js';
import { AuditTrail } from './audit-trail.js';
import { FileAuditLog } from './file.audit-log.js';

interface AuditedOptions {
  readonly audit?: { readonly log?: AuditLog; readonly file?: string };
  readonly clock?: () => number;
}

const DEFAULT_FILE = 'eie-audit.jsonl';

/** The one trail of a process, from the options of whichever module runs it. */
export function auditProviders(options: Type<AuditedOptions>): FactoryProvider[] {
  return [
    { provide: AuditLog, useFactory: ({ audit }: AuditedOptions) => audit?.log ?? new FileAuditLog(audit?.file ?? DEFAULT_FILE), inject: [options] },
    { provide: AuditTrail, useFactory: (log: AuditLog, { clock = Date.now }: AuditedOptions) => new AuditTrail(log, clock), inject: [AuditLog, options] },
  ];
}
