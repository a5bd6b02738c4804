import { type OnModuleInit, type Type } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { type ContextId, ContextIdFactory, type DiscoveryService, type ExternalContextCreator, type MetadataScanner, type ModuleRef, type Reflector } from '@nestjs/core';
import { type Handler } from '../authorization/requirements.js';
import { MCP_CONTEXT } from '../carrier.js';
import { type TargetRegistry } from '../delegation/targets.js';
import { EieConfigurationError } from '../eie.error.js';
import { handlerProblems } from '../proof/handler-problems.js';
import { type ToolCall } from './tool-call.js';
import { inputJsonSchema, type JsonSchema } from './tool-input.schema.js';
import { ToolClass, toolInputType, ToolMethod, type ToolOptions } from './tool.decorators.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];
type Pipeline = (call: ToolCall, input: unknown) => Promise<unknown>;

/** A tool as the MCP route serves it. */
export interface ToolEntry extends ToolOptions {
  readonly type: Type;
  readonly handler: Handler;
  readonly dto: Type | undefined;
  readonly jsonSchema: JsonSchema;
  /** Runs the tool through guards, interceptors, pipes and filters, in context type `mcp`. */
  readonly invoke: Pipeline;
}

/** No Nest decorator for HTTP parts (`@Body()`, `@Headers()`, …) finds anything in an MCP execution. */
const NO_HTTP_PARTS = { exchangeKeyForValue: (): null => null };

/** Finds the tools of the application at boot, and stops it when one of them is not safe to serve. */
export class ToolsExplorer implements OnModuleInit {
  readonly tools = new Map<string, ToolEntry>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
    private readonly contexts: ExternalContextCreator,
    private readonly moduleRef: ModuleRef,
    private readonly targets: TargetRegistry,
  ) {}

  onModuleInit(): void {
    const problems = this.discovery
      .getControllers({ metadataKey: ToolClass.KEY })
      .map(({ name }) => `${name} is a @ToolController() and is listed in "controllers", where its guards would not run: list it in "providers".`);
    for (const wrapper of this.discovery.getProviders({ metadataKey: ToolClass.KEY })) problems.push(...this.#add(wrapper));
    if (problems.length) throw new EieConfigurationError(`The application cannot start:\n${problems.map(one => `  - ${one}`).join('\n')}`);
  }

  #add(wrapper: Wrapper): string[] {
    const type = wrapper.metatype as Type;
    if (wrapper.token !== type) return [`${type.name} is provided under another token than its class: list the class itself in "providers".`];
    const prototype = type.prototype as Record<string, Handler>;
    return this.scanner.getAllMethodNames(prototype).flatMap(method => {
      const handler = prototype[method]!;
      const options = this.reflector.get(ToolMethod, handler);
      if (!options) return [];
      const input = toolInputType(prototype, method);
      const dto = input as Type | undefined;
      const problems = [...handlerProblems(type, handler, { kind: 'tool', targets: this.targets }), ...this.#toolProblems(options, `${type.name}.${method}`, input)];
      if (problems.length) return problems;
      this.tools.set(options.name, { ...options, type, handler, dto, jsonSchema: inputJsonSchema(dto), invoke: this.#pipeline(wrapper, type, method) });
      return [];
    });
  }

  #toolProblems({ name }: ToolOptions, handler: string, input: unknown): string[] {
    const problems: string[] = [];
    if (!/^[\w.-]{1,64}$/.test(name)) problems.push(`${handler}: the tool name "${name}" must be 1 to 64 letters, digits, "_", "-" or ".".`);
    if (this.tools.has(name)) problems.push(`${handler}: another tool is named "${name}" already: give it a name of its own.`);
    if (input !== undefined && (typeof input !== 'function' || [Object, String, Number, Boolean, Array].includes(input as never))) {
      problems.push(`${handler}: the type of its @ToolInput() must be a class with class-validator decorators (imported as a value, not as a type).`);
    }
    return problems;
  }

  #pipeline(wrapper: Wrapper, type: Type, method: string): Pipeline {
    const build = (instance: Record<string, Handler>, contextId?: ContextId, inquirerId?: string): Pipeline =>
      this.contexts.create(
        instance, instance[method] as never, method, ROUTE_ARGS_METADATA, NO_HTTP_PARTS, contextId, inquirerId,
        { guards: true, interceptors: true, filters: true }, MCP_CONTEXT,
      ) as Pipeline;

    if (wrapper.isDependencyTreeStatic()) return build(wrapper.instance as Record<string, Handler>);
    return async (call, input) => {
      const contextId = ContextIdFactory.create();
      this.moduleRef.registerRequestByContextId(call, contextId);
      const instance = await this.moduleRef.resolve<Record<string, Handler>>(type, contextId, { strict: false });
      return build(instance, contextId, wrapper.id)(call, input);
    };
  }
}
