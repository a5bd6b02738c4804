import { type Provider } from '@nestjs/common';
import { AuditLog, type Diagnostics, FileAuditLog } from 'execution-identity';
import { AuditRecorder } from 'execution-identity/internal';
import { type ProcessOptions } from '../options/process.options.js';
import { EieConfiguration, optionsOf } from './eie-configuration.js';
import { LoggerDiagnostics } from './logger-diagnostics.js';
import { EIE_CLOCK, EIE_DIAGNOSTICS } from './ports.js';
import { ServerProfile } from './server-profile.js';

const DEFAULT_FILE = 'eie-audit.jsonl';

type Configuration = EieConfiguration<ProcessOptions>;

/** What whichever module runs this server takes from its process: clock, diagnostics, and the one audit log. */
export const processProviders: Provider[] = [
  {
    provide: EIE_CLOCK,
    useFactory: (configuration: Configuration) => optionsOf(configuration).ports?.clock ?? Date.now,
    inject: [EieConfiguration],
  },
  {
    provide: EIE_DIAGNOSTICS,
    useFactory: (configuration: Configuration) =>
      optionsOf(configuration).ports?.diagnostics ?? new LoggerDiagnostics(),
    inject: [EieConfiguration],
  },
  {
    provide: AuditLog,
    useFactory: (configuration: Configuration) => {
      const { log, file = DEFAULT_FILE } = optionsOf(configuration).audit ?? {};
      return log ?? new FileAuditLog(file);
    },
    inject: [EieConfiguration],
  },
  {
    provide: AuditRecorder,
    useFactory: (log: AuditLog, clock: () => number, diagnostics: Diagnostics, { recordedAs }: ServerProfile) =>
      new AuditRecorder(log, clock, diagnostics, recordedAs),
    inject: [AuditLog, EIE_CLOCK, EIE_DIAGNOSTICS, ServerProfile],
  },
];
