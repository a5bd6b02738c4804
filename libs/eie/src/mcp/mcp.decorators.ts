import 'reflect-metadata';
import { applyDecorators, createParamDecorator, Injectable, SetMetadata, type Type } from '@nestjs/common';
import { ENTRY_PROVIDER_WATERMARK } from '@nestjs/common/constants.js';
import { DiscoveryService, Reflector } from '@nestjs/core';
import { type ToolAnnotations } from '@modelcontextprotocol/server';
import { THIS_COPY } from '../configuration/copies.js';
import { TOOL_CLASS } from './runtime/foreign-tools.js';
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
 */
export const ToolController = (): ClassDecorator =>
  // Without the watermark Nest skips request-scoped global guards, without an error.
  applyDecorators(
    Injectable(),
    ToolClass(),
    SetMetadata(ENTRY_PROVIDER_WATERMARK, true),
    SetMetadata(TOOL_CLASS, THIS_COPY),
  );

/**
 * An MCP tool. It runs through Nest's whole pipeline, and needs an identity policy: `@RequireScopes()`,
 * `@RequireAnyScope()` or `@Authenticated()`. What it returns becomes text; {@link McpContent} is sent as it is.
 */
export const Tool = (options: ToolOptions): MethodDecorator => ToolMethod(options);

/** An MCP resource, as `@Tool()`: a string is its text, bytes are its blob, {@link McpContent} is sent as it is. */
export const Resource = (options: ResourceOptions): MethodDecorator => ResourceMethod(options);

/** Resources whose URI has variables. They are checked as `@ToolInput()`, like the arguments of a tool. */
export const ResourceTemplate = (options: ResourceTemplateOptions): MethodDecorator => ResourceTemplateMethod(options);

/** An MCP prompt, as `@Tool()`: a string is one message of the user, {@link McpContent} is sent as it is. */
export const Prompt = (options: PromptOptions): MethodDecorator => PromptMethod(options);

const INPUT = 'eie:tool-input';

const validated = createParamDecorator((_data: undefined, context) => context.getArgByIndex<unknown>(1));

/**
 * What the model sent, as an instance of the parameter's class: a class-validator DTO, checked before the pipeline
 * starts, whatever global pipes the application has. Its JSON Schema is what `tools/list` shows. Nothing in it is identity.
 */
export function ToolInput(): ParameterDecorator {
  return (prototype, method, index) => {
    if (method === undefined) throw new TypeError('@ToolInput() belongs on a parameter of a tool method.');
    Reflect.defineMetadata(INPUT, index, prototype, method);
    validated()(prototype, method, index);
  };
}

/** The running call: its cancellation, its progress, and what the user is asked in between. See {@link Call}. */
export const ToolCall: () => ParameterDecorator = createParamDecorator((_data: undefined, context): Call =>
  callOf(context),
);
export type ToolCall = Call;

/** @internal The class of the `@ToolInput()` parameter of a method; `undefined` when it has none. */
export function inputType(prototype: object, method: string): unknown {
  const index = Reflect.getMetadata(INPUT, prototype, method) as number | undefined;
  if (index === undefined) return undefined;
  return (Reflect.getMetadata('design:paramtypes', prototype, method) as unknown[] | undefined)?.[index] ?? Object;
}
