import { type IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { AuditLog, type Diagnostics, EieConfigurationError, EieError } from 'execution-identity';
import { AuditRecorder } from 'execution-identity/internal';
import { isLookedAt } from '../configuration/looking.js';
import { EIE_DIAGNOSTICS } from '../configuration/ports.js';
import { ServerProfile } from '../configuration/server-profile.js';
import { Edge } from '../edge/edge.js';
import { covers } from '../edge/unmanaged-paths.js';
import { Resources } from '../http/resources.js';
import { WellKnownRoutes } from '../http/well-known.routes.js';
import { traceIdFrom } from '../telemetry/trace.js';
import { BootChecks } from './boot-checks.js';
import { BodyParsers } from './posture/body-parsers.js';
import { Posture } from './posture/posture.js';
import { RawRoutes } from './posture/raw-routes.js';

/** What both root modules do when Nest starts and stops the application. */
@Injectable()
export class ServerStart {
  #opened?: Promise<void>;

  constructor(
    @Inject(Edge) private readonly edge: Edge,
    @Inject(ServerProfile) private readonly profile: ServerProfile,
    @Inject(BootChecks) private readonly checks: BootChecks,
    @Inject(Posture) private readonly posture: Posture,
    @Inject(RawRoutes) private readonly raw: RawRoutes,
    @Inject(BodyParsers) private readonly parsers: BodyParsers,
    @Inject(WellKnownRoutes) private readonly routes: WellKnownRoutes,
    @Inject(Resources) private readonly resources: Resources,
    @Inject(AuditRecorder) private readonly audit: AuditRecorder,
    @Inject(AuditLog) private readonly log: AuditLog,
    @Inject(EIE_DIAGNOSTICS) private readonly diagnostics: Diagnostics,
  ) {}

  /** Before Nest registers the routes of the application. */
  mountDocuments(): void {
    this.raw.note();
    this.routes.mount();
  }

  /** Before anything of the application is served. Once, though Nest initialises the modules of a microservice twice. */
  open(): Promise<void> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  async #open(): Promise<void> {
    const unmanaged = this.profile.routes.filter(({ access }) => access === 'unmanaged');
    this.edge.open({
      isUnmanaged: request => unmanaged.some(route => covers(route, request)),
      audiences: () => this.resources.audiences,
      tokenHeaders: this.profile.tokenHeaders,
      certificateHeader: this.profile.certificateHeader,
      onRefused: (request, error) => this.#recordRefused(request, error),
    });
    await this.checks.run();
    await this.parsers.note();
    const postureSha256 = this.posture.sha256;
    // Nothing runs, and nothing is recorded, in an application that is only looked at.
    if (isLookedAt(this.log)) return;
    await this.log.open().catch((error: unknown) => this.#explain(error));
    await this.audit.record({ type: 'service.started', outcome: 'ok', subject: null, postureSha256 });
    this.#reportInsecure();
    this.diagnostics.report({ level: 'info', message: this.#introduction() });
    for (const message of this.checks.warnings) this.diagnostics.report({ level: 'warn', message });
  }

  /** What the file system says names no option. */
  #explain(error: unknown): never {
    const { syscall, message } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw new EieConfigurationError(
      `The audit log cannot be opened in ${this.log.place} (${message}). Let "audit.directory" name a folder that this process may write; in a container, one on a volume that its user owns.`,
      { cause: error },
    );
  }

  /** One line: where the records are, and what a reviewer would ask about. */
  #introduction(): string {
    const { recordedAs, unregisteredAgents, unusual } = this.profile;
    const assurance = this.log.assurance === undefined ? '' : ` (${this.log.assurance})`;
    const agents = typeof unregisteredAgents === 'string' ? unregisteredAgents : unregisteredAgents.scopes.join(' ');
    return `${recordedAs} is protected. Audit log: ${this.log.place}${assurance}. Agents that are not registered: ${agents}. Unusual: ${unusual.join('; ') || 'nothing'}.`;
  }

  async close(): Promise<void> {
    await this.audit.close();
  }

  #reportInsecure(): void {
    for (const { host, for: use, reason } of this.profile.insecureHosts)
      this.diagnostics.report({
        level: 'warn',
        message: `ports.dangerouslyAllowHttp: ${host} is called over http as ${use}, so whoever is between reads tokens and secrets. The reason given: ${JSON.stringify(reason)}`,
      });
  }

  async #recordRefused({ headers }: IncomingMessage, reason: EieError): Promise<void> {
    await this.audit.record({
      type: 'admission.refused',
      outcome: 'refused',
      subject: null,
      traceId: traceIdFrom(headers),
      reason,
    });
  }
}
