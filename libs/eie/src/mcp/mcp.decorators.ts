import 'reflect-metadata';
import { applyDecorators, createParamDecorator, Injectable, SetMetadata, type Type } from '@nestjs/common';
import { ENTRY_PROVIDER_WATERMARK } from '@nestjs/common/constants.js';
import { DiscoveryService, Reflector } from '@nestjs/core';
import { type ToolAnnotations } from '@modelcontextprotocol/server';
import { unseenByPipes } from '../authorization/unseen-by-pipes.js';
import { noteDecorated, noteToolClass, TOOL_CLASS } from '../boot/tool-classes.js';
import { THIS_COPY } from '../configuration/copies.js';
import { callOf, type ToolCall as Call } from './runtime/mcp-call.js';

interface Described {
  /** For people. Default: the name. */
  title?: string;
  /** For the model. */
  description?: string;
}

export interface ToolOptions extends Described {
  /** Unique in the application: 1 to 64 letters, digits, `_`, `-`, `.`. */
  name: string;
  /** Hints for the client, such as `readOnlyHint`. They protect nothing. */
  annotations?: ToolAnnotations;
  /** A class-validator DTO: its JSON Schema is listed, and what the tool returns is checked and sent as `structuredContent`. */
  output?: Type;
  /**
   * Properties of the input that a policy engine sees in a call: by their names, when they are valid, with the values that the tool gets.
   * Default: none. Without `ports.policy` it has no effect.
   */
  policyArguments?: readonly string[];
}

export interface ResourceOptions extends Described {
  uri: string;
  /** Default: the URI. */
  name?: string;
  mimeType?: string;
}

export interface ResourceTemplateOptions extends Described {
  /** RFC 6570, such as `orders://{id}`. Its variables are the input of the method. */
  uriTemplate: string;
  name: string;
  mimeType?: string;
}

export interface PromptOptions extends Described {
  name: string;
}

/** @internal */
export const ToolClass = DiscoveryService.createDecorator();
/** @internal */
export const ToolMethod = Reflector.createDecorator<ToolOptions>();
/** @internal */
export const ResourceMethod = Reflector.createDecorator<ResourceOptions>();
/** @internal */
export const ResourceTemplateMethod = Reflector.createDecorator<ResourceTemplateOptions>();
/** @internal */
export const PromptMethod = Reflector.createDecorator<PromptOptions>();

/**
 * A class whose methods are MCP tools, resources and prompts. It is a provider, like a resolver: list it in `providers`. In
 * `controllers` its guards would not run, so that is refused at boot.
 *
 * @example @ToolController() export class OrderTools {}
 */
export const ToolController = (): ClassDecorator =>
  // Without the watermark Nest skips request-scoped global guards, without an error.
  applyDecorators(
    Injectable(),
    ToolClass(),
    SetMetadata(ENTRY_PROVIDER_WATERMARK, true),
    SetMetadata(TOOL_CLASS, THIS_COPY),
    ((type: Type) => noteToolClass(type)) as ClassDecorator,
  );

/** What is decorated is remembered, so that an application that cannot serve it says so at boot. */
const entry =
  (decorator: string, decorate: MethodDecorator): MethodDecorator =>
  (prototype, method, descriptor) => {
    noteDecorated(prototype, method, decorator);
    return decorate(prototype, method, descriptor);
  };

/**
 * An MCP tool. It runs through Nest's whole pipeline, and needs an identity policy: `@RequireScopes()`,
 * `@RequireAnyScope()` or `@Authenticated()`. What it returns becomes text; {@link McpContent} is sent as it is.
 *
 * @example @Tool({ name: 'get_order_status', description: 'The status of an order' }) @RequireScopes('orders:read') status(@ToolInput() input: StatusInput) {}
 */
export const Tool = (options: ToolOptions): MethodDecorator => entry('@Tool()', ToolMethod(options));

/**
 * An MCP resource. Like `@Tool()` it needs an identity policy. A string is its text, bytes are its blob; {@link McpContent} is sent as
 * it is.
 *
 * @example @Resource({ uri: 'shop://profile' }) @Authenticated() profile(@Identity('actor.sub') user: string) {}
 */
export const Resource = (options: ResourceOptions): MethodDecorator => entry('@Resource()', ResourceMethod(options));

/**
 * Resources whose URI has variables. They are checked as `@ToolInput()`, like the arguments of a tool.
 *
 * @example @ResourceTemplate({ uriTemplate: 'orders://{id}', name: 'order' }) @RequireScopes('orders:read') order(@ToolInput() input: OrderId) {}
 */
export const ResourceTemplate = (options: ResourceTemplateOptions): MethodDecorator =>
  entry('@ResourceTemplate()', ResourceTemplateMethod(options));

/**
 * An MCP prompt. Like `@Tool()` it needs an identity policy. A string is one message of the user; {@link McpContent} is sent as it is.
 *
 * @example @Prompt({ name: 'summary' }) @Authenticated() summary() { return 'Summarise my open orders.'; }
 */
export const Prompt = (options: PromptOptions): MethodDecorator => entry('@Prompt()', PromptMethod(options));

const INPUT = 'eie:tool-input';

const validated = createParamDecorator((_data: undefined, context) => context.getArgByIndex<unknown>(1));

/**
 * What the model sent, as an instance of the parameter's class: a class-validator DTO, checked before the pipeline
 * starts, whatever global pipes the application has. `tools/list` shows its JSON Schema. Nothing in it is identity.
 *
 * @example refund(@ToolInput() input: RefundInput)
 */
export function ToolInput(): ParameterDecorator {
  return (prototype, method, index) => {
    if (method === undefined) throw new TypeError('@ToolInput() belongs on a parameter of a tool method.');
    Reflect.defineMetadata(INPUT, index, prototype, method);
    noteDecorated(prototype, method, '@ToolInput()');
    validated()(prototype, method, index);
  };
}

/**
 * The running call: cancellation, progress, and questions to the user. See {@link Call}.
 *
 * @example export(@ToolCall() call: ToolCall) { await call.progress({ progress: 1, total: 3 }); }
 */
export function ToolCall(): ParameterDecorator {
  return (prototype, method, index) => {
    if (method === undefined) throw new TypeError('@ToolCall() belongs on a parameter of a tool method.');
    unseenByPipes(prototype, method, index);
    running()(prototype, method, index);
  };
}
export type ToolCall = Call;

const running = createParamDecorator((_data: undefined, context): Call => callOf(context));

/** @internal The class of the `@ToolInput()` parameter of a method; `undefined` when it has none. */
export function inputType(prototype: object, method: string): unknown {
  const index = Reflect.getMetadata(INPUT, prototype, method) as number | undefined;
  if (index === undefined) return undefined;
  return (Reflect.getMetadata('design:paramtypes', prototype, method) as unknown[] | undefined)?.[index] ?? Object;
}
