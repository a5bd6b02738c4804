import { Inject, Injectable, Optional } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import {
  type ContextId,
  ContextIdFactory,
  type DiscoveryService,
  ExternalContextCreator,
  ModuleRef,
} from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { HandlerRegistry } from '../../authorization/handler-registry.js';
import { type BootCheck, BootChecks, type BootProblem } from '../../boot/boot-checks.js';
import { provided } from '../../configuration/provided.js';
import { EieGuard } from '../../execution/eie.guard.js';
import { expectGuard } from '../../execution/guard-probe.js';
import { MCP_CONTEXT } from '../../record/carrier.js';
import { recordIn } from '../../record/execution-record.js';
import { type HandlerEntry } from '../../record/handler-entry.js';
import { type Pipeline } from './mcp-entry.js';

type Methods = Record<string, () => unknown>;
type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** No Nest decorator for HTTP parts (`@Body()`, `@Headers()`, …) finds anything in an MCP execution. */
const NO_HTTP_PARTS = { exchangeKeyForValue: (): null => null };

const NEEDS = 'EieMcpModule.register()';

/** The handler that a probe is sent to. */
class Probed {
  probe(): void {}
}

/** Nest's guards, interceptors, pipes and filters around a method that an MCP client calls, in context type `mcp`. */
@Injectable()
export class McpPipelines implements BootCheck {
  readonly #registry: HandlerRegistry;
  readonly #guard: EieGuard;

  constructor(
    @Inject(ExternalContextCreator) private readonly contexts: ExternalContextCreator,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Optional() @Inject(HandlerRegistry) registry?: HandlerRegistry,
    @Optional() @Inject(BootChecks) checks?: BootChecks,
    @Optional() @Inject(EieGuard) guard?: EieGuard,
  ) {
    this.#registry = provided(registry, NEEDS);
    this.#guard = provided(guard, NEEDS);
    provided(checks, NEEDS).add(this);
  }

  of(wrapper: Wrapper, entry: HandlerEntry): Pipeline {
    const { type, method } = entry;
    const build = (instance: Methods, ...scope: [ContextId?, string?]): Pipeline => {
      this.#registry.add(entry, instance[method]!);
      return this.#build(instance, method, ...scope);
    };
    if (wrapper.isDependencyTreeStatic()) return build(wrapper.instance as Methods);
    const handler = (type.prototype as Methods)[method]!;
    return async (call, input) => {
      const context = new ExecutionContextHost([call, input], type, handler);
      context.setType(MCP_CONTEXT);
      // The objects that Nest makes for this call are code of the application: they come after the intent, and not without it.
      await this.#guard.canActivate(context);
      recordIn(context)!.isAhead = true;
      const contextId = ContextIdFactory.create();
      this.moduleRef.registerRequestByContextId(call, contextId);
      const instance = await this.moduleRef.resolve<Methods>(type, contextId, { strict: false });
      return build(instance, contextId, wrapper.id)(call, input);
    };
  }

  /** Sends a probe through a pipeline: an application context of Nest 11 has no global guards, and says nothing. */
  async problems(): Promise<BootProblem[]> {
    let isGuarded = false;
    // It has headers, for guards of the application that stand before ours.
    const probe = { headers: {} };
    expectGuard(probe, () => (isGuarded = true));
    await this.#build(new Probed() as never, 'probe')(probe as never, {}).catch(() => undefined);
    if (isGuarded) return [];
    const message =
      'The guard of EieModule does not run before tools in this kind of application: make it with NestFactory.create(), which need not listen, or use Nest 12.';
    return [{ message }];
  }

  #build(instance: Methods, method: string, contextId?: ContextId, inquirerId?: string): Pipeline {
    return this.contexts.create(
      instance,
      instance[method] as never,
      method,
      ROUTE_ARGS_METADATA,
      NO_HTTP_PARTS,
      contextId,
      inquirerId,
      { guards: true, interceptors: true, filters: true },
      MCP_CONTEXT,
    ) as Pipeline;
  }
}
