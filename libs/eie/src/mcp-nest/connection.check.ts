import { type Type } from '@nestjs/common';
import { DiscoveryService, type ModulesContainer } from '@nestjs/core';
import { McpStrategy } from '@rekog/mcp-nest';
import { isObservable, lastValueFrom } from 'rxjs';
import { expectGuard } from '../execution/guard-probe.js';
import { type TargetRegistry } from '../delegation/targets/target-registry.js';
import { EieConfigurationError } from 'execution-identity';
import { type Capability, capabilitiesOf, policyProblems } from './capabilities.js';

/** The message pattern of the handler that only a probe is sent to. */
export const PROBE = 'eie:guard-probe';

type Strategy = Pick<McpStrategy, 'transportId' | 'getHandlerByPattern' | 'options'>;

/** Proves at boot that a strategy is safe to serve: it is connected, with the guard before its handlers, and each of those has a policy. */
export class ConnectionProof {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly targets: TargetRegistry,
  ) {}

  /** @throws EieConfigurationError when mcp-nest serves tools past this library, or `strategy` is not connected */
  assertConnected(strategy: Strategy, isOurs: (other: unknown) => boolean): void {
    const connected: unknown[] = [];
    this.modules
      .getRpcTargetRegistry()
      .subscribe(target => connected.push(target))
      .unsubscribe();
    const bare = connected.find((target): target is McpStrategy => target instanceof McpStrategy && !isOurs(target));
    if (bare)
      throw new EieConfigurationError(
        `The McpStrategy "${bare.options.name}" is connected, and its tools run without an identity: make it an EieMcpStrategy of nestjs-eie/mcp-nest.`,
      );
    const namesake = connected.find(
      target => target !== strategy && target instanceof McpStrategy && target.transportId === strategy.transportId,
    );
    if (namesake)
      throw new EieConfigurationError(
        `Two EieMcpStrategies serve the same tools: give each a "server", and its tools @McpController({ server }).`,
      );
    if (!connected.includes(strategy))
      throw new EieConfigurationError(
        `The EieMcpStrategy "${strategy.options.name}" is not connected. ${CONNECT}, before the application is initialised.`,
      );
  }

  /**
   * Sends a probe through the pipeline of this very microservice. Without `inheritAppConfig` Nest gives it none of the global
   * guards, and says nothing.
   *
   * @throws EieConfigurationError when the guard does not answer
   */
  async assertGuarded(strategy: Strategy): Promise<void> {
    const probe = {};
    let isGuarded = false;
    expectGuard(probe, () => (isGuarded = true));
    const handler = strategy.getHandlerByPattern(PROBE);
    const result: unknown = await handler?.({}, probe).catch(() => undefined);
    if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined }).catch(() => undefined);
    if (!isGuarded)
      throw new EieConfigurationError(
        `No guard stands before the tools of "${strategy.options.name}". ${CONNECT}: without inheritAppConfig the global guards of the application do not run on them.`,
      );
  }

  /** @throws EieConfigurationError naming every handler without a sound identity policy, with its fix */
  capabilities({ transportId }: Strategy): Capability[] {
    const controllers = new DiscoveryService(this.modules)
      .getControllers()
      .flatMap(({ metatype }) => (metatype ? [metatype as Type] : []));
    const capabilities = capabilitiesOf(controllers, transportId);
    const problems = capabilities.flatMap(one => policyProblems(one, capabilities, this.targets));
    if (problems.length)
      throw new EieConfigurationError(`The application cannot start:\n${problems.map(one => `  - ${one}`).join('\n')}`);
    return capabilities;
  }
}

const CONNECT = 'Call app.connectMicroservice({ strategy }, { inheritAppConfig: true })';
