import { Inject, Injectable } from '@nestjs/common';
import { AuditLog, type Clock, type Diagnostics } from 'execution-identity';
import { type AuditDetail, AuditRecorder, type Recorded } from 'execution-identity/internal';
import { countRefusal } from '../telemetry/metrics.js';
import { EIE_CLOCK, EIE_DIAGNOSTICS } from './ports.js';
import { ServerProfile } from './server-profile.js';

/** The recorder of this server, under the token `AuditRecorder`. */
@Injectable()
export class ConfiguredAuditRecorder extends AuditRecorder {
  constructor(
    @Inject(AuditLog) log: AuditLog,
    @Inject(EIE_CLOCK) clock: Clock,
    @Inject(EIE_DIAGNOSTICS) diagnostics: Diagnostics,
    @Inject(ServerProfile) { recordedAs, namesRecords }: ServerProfile,
  ) {
    super(log, clock, diagnostics, recordedAs, namesRecords);
  }

  override record(detail: AuditDetail): Promise<Recorded> {
    countRefusal(detail);
    return super.record(detail);
  }
}
