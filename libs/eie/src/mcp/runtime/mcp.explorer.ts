import { type OnModuleInit, type Type } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import {
  type ContextId,
  ContextIdFactory,
  type DiscoveryService,
  type ExternalContextCreator,
  type MetadataScanner,
  type ModuleRef,
  type Reflector,
} from '@nestjs/core';
import { type Handler } from '../../authorization/policy-metadata.js';
import { MCP_CONTEXT } from '../../record/carrier.js';
import { type TargetRegistry } from '../../delegation/targets/target-registry.js';
import { EieConfigurationError } from 'execution-identity';
import { handlerProblems } from '../../boot/handler-problems.js';
import { dtoJsonSchema } from '../protocol/dto-schema.js';
import { type McpEntry, type Pipeline } from './mcp-entry.js';
import {
  inputType,
  PromptMethod,
  ResourceMethod,
  ResourceTemplateMethod,
  ToolClass,
  ToolMethod,
} from '../mcp.decorators.js';
import { type RouteAssignment } from './route-assignment.js';
import { uriProblem } from '../protocol/uri-problems.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];
type Declared = {
  [Kind in McpEntry['kind']]: Pick<Extract<McpEntry, { kind: Kind }>, 'kind' | 'options'>;
}[McpEntry['kind']];

const NOUNS = { tool: 'tool', resource: 'resource', template: 'resource', prompt: 'prompt' };

const handlerName = (kind: McpEntry['kind'], name: string): string =>
  kind === 'tool' ? name : `${NOUNS[kind]}:${name}`;

/** No Nest decorator for HTTP parts (`@Body()`, `@Headers()`, …) finds anything in an MCP execution. */
const NO_HTTP_PARTS = { exchangeKeyForValue: (): null => null };

/** Finds the tools, resources and prompts of one route at boot, and stops the application when one of them is not safe to serve. */
export class McpExplorer implements OnModuleInit {
  readonly entries: McpEntry[] = [];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
    private readonly contexts: ExternalContextCreator,
    private readonly moduleRef: ModuleRef,
    private readonly targets: TargetRegistry,
    private readonly routes: RouteAssignment,
  ) {}

  onModuleInit(): void {
    const problems = this.discovery
      .getControllers({ metadataKey: ToolClass.KEY })
      .map(
        ({ name }) =>
          `${name} is a @ToolController() and is listed in "controllers", where its guards would not run: list it in "providers".`,
      );
    for (const wrapper of this.discovery.getProviders({ metadataKey: ToolClass.KEY }))
      problems.push(...this.#add(wrapper));
    if (problems.length)
      throw new EieConfigurationError(`The application cannot start:\n${problems.map(one => `  - ${one}`).join('\n')}`);
  }

  #add(wrapper: Wrapper): string[] {
    const type = wrapper.metatype as Type;
    if (wrapper.token !== type)
      return [`${type.name} is provided under another token than its class: list the class itself in "providers".`];
    const misplaced = this.routes.problem(type);
    if (misplaced) return [misplaced];
    if (!this.routes.isOurs(type)) return [];
    const prototype = type.prototype as Record<string, Handler>;
    return this.scanner.getAllMethodNames(prototype).flatMap(method => {
      const declared = this.#declared(prototype[method]!);
      return declared.length > 1
        ? [`${type.name}.${method} is more than one of tool, resource and prompt: give each a method.`]
        : declared.flatMap(one => this.#addMethod(wrapper, type, method, one));
    });
  }

  #declared(handler: Handler): Declared[] {
    const [tool, resource, template, prompt] = [
      this.reflector.get(ToolMethod, handler),
      this.reflector.get(ResourceMethod, handler),
      this.reflector.get(ResourceTemplateMethod, handler),
      this.reflector.get(PromptMethod, handler),
    ];
    return [
      ...(tool ? [{ kind: 'tool' as const, options: tool }] : []),
      ...(resource ? [{ kind: 'resource' as const, options: resource }] : []),
      ...(template ? [{ kind: 'template' as const, options: template }] : []),
      ...(prompt ? [{ kind: 'prompt' as const, options: prompt }] : []),
    ];
  }

  #addMethod(wrapper: Wrapper, type: Type, method: string, declared: Declared): string[] {
    const handler = (type.prototype as Record<string, Handler>)[method]!;
    const name = declared.kind === 'resource' ? (declared.options.name ?? declared.options.uri) : declared.options.name;
    const input = inputType(type.prototype as object, method);
    const problems = [
      ...handlerProblems(type, handler, { kind: 'tool', targets: this.targets }),
      ...this.#problems(declared, name, `${type.name}.${method}`, input),
    ];
    if (problems.length) return problems;
    const dto = input as Type | undefined;
    const parts = {
      name,
      handlerName: handlerName(declared.kind, name),
      type,
      handler,
      dto,
      jsonSchema: dtoJsonSchema(dto),
      invoke: this.#pipeline(wrapper, type, method),
    };
    const output = declared.kind === 'tool' && declared.options.output;
    this.entries.push({
      ...parts,
      ...declared,
      ...(output && { output: { dto: output, jsonSchema: dtoJsonSchema(output) } }),
    });
    return [];
  }

  #problems(declared: Declared, name: string, handler: string, input: unknown): string[] {
    const problems: string[] = [];
    const { kind } = declared;
    const uri = uriProblem(declared, this.entries);
    if (uri !== undefined) problems.push(`${handler}: ${uri}`);
    if (kind === 'tool' && !/^[\w.-]{1,64}$/.test(name))
      problems.push(`${handler}: the tool name "${name}" must be 1 to 64 letters, digits, "_", "-" or ".".`);
    if (this.entries.some(entry => entry.handlerName === handlerName(kind, name)))
      problems.push(`${handler}: another ${NOUNS[kind]} is named "${name}" already: give it a name of its own.`);
    if (
      input !== undefined &&
      (typeof input !== 'function' || [Object, String, Number, Boolean, Array].includes(input as never))
    ) {
      problems.push(
        `${handler}: the type of its @ToolInput() must be a class with class-validator decorators (imported as a value, not as a type).`,
      );
    }
    return problems;
  }

  #pipeline(wrapper: Wrapper, type: Type, method: string): Pipeline {
    const build = (instance: Record<string, Handler>, contextId?: ContextId, inquirerId?: string): Pipeline =>
      this.contexts.create(
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

    if (wrapper.isDependencyTreeStatic()) return build(wrapper.instance as Record<string, Handler>);
    return async (call, input) => {
      const contextId = ContextIdFactory.create();
      this.moduleRef.registerRequestByContextId(call, contextId);
      const instance = await this.moduleRef.resolve<Record<string, Handler>>(type, contextId, { strict: false });
      return build(instance, contextId, wrapper.id)(call, input);
    };
  }
}
