import { type Provider } from '@nestjs/common';
import {
  AuditLog,
  type Diagnostics,
  FileAuditLog,
  MemoryReplayStore,
  MemoryRevocationStore,
  ReplayStore,
  RevocationStore,
} from 'execution-identity';
import { AuditRecorder } from 'execution-identity/internal';
import { type ProcessOptions } from '../options/process.options.js';
import { EieConfiguration, optionsOf } from './eie-configuration.js';
import { LoggerDiagnostics } from './logger-diagnostics.js';
import { EIE_CLOCK, EIE_DIAGNOSTICS } from './ports.js';
import { ServerProfile } from './server-profile.js';

const DEFAULT_FILE = 'eie-audit.jsonl';
/** DPoP proofs, or Txn-Tokens that are taken once, live for a minute: this many a minute at most. */
const USED_ONCE = 50_000;

type Configuration = EieConfiguration<ProcessOptions>;

/** What whichever module runs this server takes from its process: clock, diagnostics, stores, and the one audit log. */
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
  { provide: ReplayStore, useFactory: () => new MemoryReplayStore(USED_ONCE) },
  { provide: RevocationStore, useFactory: () => new MemoryRevocationStore() },
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
