import { Inject, Injectable, Optional } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { provided } from '../configuration/provided.js';
import { ServerHealth } from '../health/server-health.js';

/** Terminus 11 has no `degraded`. */
type Session = Pick<ReturnType<HealthIndicatorService['check']>, 'up' | 'down'> &
  Partial<ReturnType<HealthIndicatorService['check']>>;

/**
 * Whether this server can admit, decide and record calls, as an indicator for `@nestjs/terminus` 11 and 12. List it in the `providers` of the
 * module with your health controller, which imports `TerminusModule`.
 *
 * - `down`: every call with an identity is refused now.
 * - `degraded`: some are, such as those of one issuer of several, or of tools that call a target. On Terminus 11 it is `up`, and the part says it.
 *
 * The details are a {@link ServerHealthReport}. They name the issuers that you have configured, and no secret, URL or path beside them. The
 * check reads what the server knows: probing it often asks nothing of issuers, engines and signers.
 *
 * It is for readiness. It is NOT for liveness: a restart mends no issuer that is away, and loses the keys that are still believed.
 */
@Injectable()
export class EieHealthIndicator {
  readonly #health: ServerHealth;

  /** @throws EieConfigurationError in an application without EieModule and EieReceiverModule */
  constructor(
    @Inject(HealthIndicatorService) private readonly indicators: HealthIndicatorService,
    @Optional() @Inject(ServerHealth) health?: ServerHealth,
  ) {
    this.#health = provided(health, 'EieHealthIndicator');
  }

  /**
   * @param key the name of the indicator in the answer
   * @example this.health.check([() => this.identity.isHealthy('identity')])
   */
  async isHealthy<const Key extends string>(key: Key): Promise<HealthIndicatorResult<Key>> {
    const { status, parts } = await this.#health.report();
    const session: Session = this.indicators.check(key);
    const data = { ...parts };
    if (status === 'down') return session.down(data);
    return (status === 'degraded' && session.degraded?.(data)) || session.up(data);
  }
}
