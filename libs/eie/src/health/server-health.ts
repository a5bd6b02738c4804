import { Inject, Injectable, Optional } from '@nestjs/common';
import { AuditLog, type PolicyEngineCheck, RevocationStore, type HealthState } from 'execution-identity';
import { AuditRecorder, errorName, failuresOf, withinDeadline, worstOf } from 'execution-identity/internal';
import { EieConfiguration, optionsOf } from '../configuration/eie-configuration.js';
import { EIE_POLICY_ENGINE } from '../configuration/ports.js';
import { remoteStores } from '../configuration/observed-ports.js';
import { type ServerOptions } from '../configuration/server-profile.js';
import { authorizationServers, DelegationService } from '../delegation/delegation.service.js';
import { type IssuerKeys, keysOf } from '../issuers/issuer-keys.js';
import { partition } from '../options/issuer-source.js';
import {
  type AuditLogHealth,
  keysHealth,
  type KeysHealth,
  type ServerHealthReport,
  statusOf,
  type StoreHealth,
} from './health-report.js';

/** Milliseconds for which an answer of the audit log is kept, and within which it must come. */
const AUDIT_LOG_EVERY = 1_000;

/**
 * How the parts of this server have answered lately. Any number of callers may ask: the state is read. What is asked for it is bounded:
 * the files of the audit log once a second, and keys of an issuer where a call would fetch them too. A policy engine, a signer and a token
 * endpoint are never asked.
 */
@Injectable()
export class ServerHealth {
  readonly #keys: () => readonly IssuerKeys[];
  readonly #hasOtherIssuers: boolean;
  readonly #signing: () => HealthState | undefined;
  readonly #stores: ReturnType<typeof remoteStores>;
  #auditLog: { readonly at: number; readonly problem: Promise<string | undefined> } | undefined;

  constructor(
    @Inject(EieConfiguration) configuration: EieConfiguration<ServerOptions>,
    @Inject(AuditLog) private readonly log: AuditLog,
    @Inject(AuditRecorder) private readonly audit: AuditRecorder,
    @Inject(DelegationService) private readonly delegation: DelegationService,
    @Optional() @Inject(EIE_POLICY_ENGINE) private readonly policyEngine?: PolicyEngineCheck,
  ) {
    const options = optionsOf(configuration);
    const { configured, source } = partition(options.issuers);
    this.#keys = () => keysOf(options);
    this.#hasOtherIssuers = source !== undefined || configured.some(issuer => issuer.opaqueTokens);
    this.#signing = () => options.keys?.health;
    this.#stores = remoteStores(options.ports);
  }

  /** Never rejects. */
  async report(): Promise<{ readonly status: HealthState; readonly parts: ServerHealthReport }> {
    const [keys, auditLog] = await Promise.all([Promise.all(this.#keys().map(ofIssuer)), this.#ofAuditLog()]);
    const signing = this.#signing();
    const parts = {
      keys,
      authorizationServers: authorizationServers(this.delegation),
      auditLog,
      stores: this.#stores.map(storeHealth),
      ...(this.policyEngine && { policyEngine: { status: failuresOf(this.policyEngine.engine).state() } }),
      ...(signing && { signing: { status: signing } }),
    };
    return { status: statusOf(parts, this.#hasOtherIssuers), parts };
  }

  async #ofAuditLog(): Promise<AuditLogHealth> {
    const problem = await this.#problemOfAuditLog();
    return problem === undefined ? { status: this.audit.health } : { status: 'down', problem };
  }

  #problemOfAuditLog(): Promise<string | undefined> {
    const now = performance.now();
    if (!this.#auditLog || now - this.#auditLog.at >= AUDIT_LOG_EVERY) {
      const answer = withinDeadline(AUDIT_LOG_EVERY, () => this.log.assertWritable());
      this.#auditLog = { at: now, problem: answer.then(() => undefined, errorName) };
    }
    return this.#auditLog.problem;
  }
}

/** As it has answered; and as it says itself, since its view of what others have added may be old while it still answers. */
const storeHealth = ([store, port]: ReturnType<typeof remoteStores>[number]): StoreHealth => ({
  store,
  status: worstOf([failuresOf(port).state(), port instanceof RevocationStore ? port.health : 'up']),
});

const ofIssuer = async ({ source, ...keys }: IssuerKeys): Promise<KeysHealth> =>
  keysHealth(keys, await source.state?.());
