import { type Type } from '@nestjs/common';
import { DiscoveryService, type ModulesContainer } from '@nestjs/core';
import { McpStrategy } from '@rekog/mcp-nest';
import { EieConfigurationError } from 'execution-identity';
import { isObservable, lastValueFrom } from 'rxjs';
import { type HandlerRegistry } from '../authorization/handler-registry.js';
import { type BootCheck, type BootProblem } from '../boot/boot-checks.js';
import { type TargetRegistry } from '../delegation/targets/target-registry.js';
import { expectGuard } from '../execution/guard-probe.js';
import { IdentityNames } from '../mcp/input/identity-names.js';
import { type Capability, capabilitiesOf, policyProblems } from './capabilities.js';
import { capabilityInputProblems } from './input-problems.js';

/** The message pattern of the handler that only a probe is sent to. */
export const PROBE = 'eie:guard-probe';

type Strategy = Pick<McpStrategy, 'transportId' | 'getHandlerByPattern' | 'getHandlers' | 'options'>;

const CONNECT = 'Call app.connectMicroservice({ strategy }, { inheritAppConfig: true })';

/** Checks that a strategy is safe to serve: it is connected, the guard runs before its handlers, and each handler has a policy. */
export class ConnectionCheck implements BootCheck {
  #isGuarded = false;

  constructor(
    private readonly strategy: Strategy,
    private readonly modules: ModulesContainer,
    private readonly parts: {
      readonly registry: HandlerRegistry;
      readonly targets: TargetRegistry;
      readonly identityFields: readonly string[];
    },
    private readonly isOurs: (other: unknown) => boolean,
  ) {}

  async problems(): Promise<BootProblem[]> {
    const capabilities = this.capabilities();
    const connection = this.#connectionProblem() ?? (await this.#guardProblem());
    const names = new IdentityNames(this.parts.identityFields);
    return [
      ...(connection === undefined ? [] : [{ message: connection }]),
      ...capabilities.flatMap(one => policyProblems(one, capabilities, this.parts)),
      ...capabilities.flatMap(one => capabilityInputProblems(one, names)),
    ];
  }

  /**
   * With `deferInitialization` the handlers come after the application has been checked: `listen()` of the strategy asks again.
   *
   * @throws EieConfigurationError when no guard stands before the handlers
   */
  async assertGuarded(): Promise<void> {
    const problem = await this.#guardProblem();
    if (problem !== undefined) throw new EieConfigurationError(problem);
  }

  /** What is offered on this strategy. */
  capabilities(): Capability[] {
    const controllers = new DiscoveryService(this.modules)
      .getControllers()
      .flatMap(({ metatype }) => (metatype ? [metatype as Type] : []));
    return capabilitiesOf(controllers, this.strategy.transportId, this.parts.registry);
  }

  #connectionProblem(): string | undefined {
    const { strategy } = this;
    const connected: unknown[] = [];
    this.modules
      .getRpcTargetRegistry()
      .subscribe(target => connected.push(target))
      .unsubscribe();
    const strategies = connected.filter(target => target instanceof McpStrategy);
    const bare = strategies.find(target => !this.isOurs(target));
    if (bare)
      return `The McpStrategy "${bare.options.name}" is connected, and its tools run without an identity: make it an EieMcpStrategy of nestjs-eie/mcp-nest.`;
    if (strategies.some(target => target !== strategy && target.transportId === strategy.transportId))
      return `Two EieMcpStrategies serve the same tools: give each a "server", and its tools @McpController({ server }).`;
    if (!connected.includes(strategy))
      return `The EieMcpStrategy "${strategy.options.name}" is not connected. ${CONNECT}, before the application is initialised.`;
    return undefined;
  }

  /**
   * Sends a probe through the pipeline of this very microservice. Without `inheritAppConfig` Nest gives it none of the global
   * guards, and says nothing.
   */
  async #guardProblem(): Promise<string | undefined> {
    const { strategy } = this;
    if (this.#isGuarded || !strategy.getHandlers().size) return undefined;
    const probe = {};
    expectGuard(probe, () => (this.#isGuarded = true));
    const handler = strategy.getHandlerByPattern(PROBE);
    const result: unknown = await handler?.({}, probe).catch(() => undefined);
    if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined }).catch(() => undefined);
    return this.#isGuarded
      ? undefined
      : `No guard stands before the tools of "${strategy.options.name}". ${CONNECT}: without inheritAppConfig the global guards of the application do not run on them.`;
  }
}
