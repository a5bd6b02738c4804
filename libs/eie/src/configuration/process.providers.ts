import { type FactoryProvider, type Provider } from '@nestjs/common';
import {
  AuditLog,
  FileAuditLog,
  folderAnchor,
  MemoryReplayStore,
  MemoryRevocationStore,
  type PolicyEngineCheck,
  ReplayStore,
  RevocationStore,
  type RevokedIdentity,
} from 'execution-identity';
import { AuditRecorder } from 'execution-identity/internal';
import { EndUser } from '../telemetry/end-user.js';
import { ConfiguredAuditRecorder } from './configured.audit-recorder.js';
import { EieConfiguration, optionsOf } from './eie-configuration.js';
import { SERVER_FACTS, serverFacts } from './facts/server-facts.js';
import { IssuerSource } from '../options/issuer-source.js';
import { LoggerDiagnostics } from './logger-diagnostics.js';
import { EIE_CLOCK, EIE_DIAGNOSTICS, EIE_POLICY_ENGINE } from './ports.js';
import { lookedAt } from './looking.js';
import { type ServerOptions } from './server-profile.js';

const DEFAULT_FOLDER = 'eie-audit';
/** DPoP proofs and single-use Txn-Tokens live for a minute: at most this many a minute, a fortieth of them of one client. */
const USED_ONCE = 600_000;

/** Seconds: the default of `maxLifetime`, and its most. */
const [DAY, WEEK] = [86_400, 604_800];

/** A part that the configuration names, or its default. */
const configured = (provide: FactoryProvider['provide'], part: (options: ServerOptions) => unknown): Provider => ({
  provide,
  useFactory: (configuration: EieConfiguration<ServerOptions>) => part(optionsOf(configuration)),
  inject: [EieConfiguration],
});

/** What both root modules take from their process: clock, diagnostics, stores, the audit log, and the facts of its configuration. */
export const processProviders: Provider[] = [
  configured(SERVER_FACTS, serverFacts),
  configured(EIE_CLOCK, ({ ports }) => ports?.clock ?? Date.now),
  configured(EIE_DIAGNOSTICS, diagnosticsOf),
  configured(EIE_POLICY_ENGINE, policyEngineOf),
  configured(ReplayStore, ({ ports }) => ports?.replay ?? new MemoryReplayStore(USED_ONCE)),
  configured(
    RevocationStore,
    options =>
      options.ports?.revocation ??
      new MemoryRevocationStore(undefined, longestToken(options.issuers), (wide, count) =>
        diagnosticsOf(options).report({ level: 'error', message: widenedLine(wide, count) }),
      ),
  ),
  configured(EndUser, ({ ports }) => new EndUser(ports?.telemetry?.endUser)),
  configured(AuditLog, options => lookedAt(auditLogOf(options))),
  { provide: AuditRecorder, useClass: ConfiguredAuditRecorder },
];

/** Whoever reads the log must know why somebody is refused whom nobody has revoked. */
const widenedLine = ({ issuer, sub }: RevokedIdentity, count: number): string =>
  `The memory of revocations is full: in place of ${count} of them ${sub === undefined ? 'everybody' : 'one user'} of ${issuer} is revoked, and has to sign in again. Give ports.revocation a larger store.`;

/** Seconds: as long as a revocation must be remembered. What an issuer source will say is not known yet. */
function longestToken(issuers: ServerOptions['issuers']): number {
  return Math.max(DAY, ...issuers.map(one => (one instanceof IssuerSource ? WEEK : (one.maxLifetime ?? DAY))));
}

function auditLogOf(options: ServerOptions): AuditLog {
  const { log, directory = DEFAULT_FOLDER, anchor: place, ...audit } = options.audit ?? {};
  const anchor = typeof place === 'string' ? folderAnchor(place) : place;
  const origin = (id: string): string => `${options.resource.replace(/^[a-z]+:\/\/|[\s+]/gi, '')}/audit/${id}`;
  const { clock } = options.ports ?? {};
  return log ?? new FileAuditLog({ ...audit, directory, anchor, origin, clock, diagnostics: diagnosticsOf(options) });
}

function diagnosticsOf({ ports }: ServerOptions) {
  return ports?.diagnostics ?? new LoggerDiagnostics();
}

function policyEngineOf(options: ServerOptions): PolicyEngineCheck | undefined {
  const engine = options.ports?.policy;
  return engine && { engine, resource: options.resource, diagnostics: diagnosticsOf(options) };
}
