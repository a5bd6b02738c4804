import 'reflect-metadata';
import { applyDecorators, createParamDecorator, Injectable, SetMetadata } from '@nestjs/common';
import { ENTRY_PROVIDER_WATERMARK } from '@nestjs/common/constants.js';
import { DiscoveryService, Reflector } from '@nestjs/core';

export interface ToolOptions {
  /** Unique in the application: 1 to 64 letters, digits, `_`, `-`, `.`. */
  name: string;
  /** What the model is told the tool does. */
  description?: string;
}

/** @internal */
export const ToolClass = DiscoveryService.createDecorator();
/** @internal */
export const ToolMethod = Reflector.createDecorator<ToolOptions>();

/**
 * A class whose `@Tool()` methods are MCP tools. It is a provider, like a resolver: list it in `providers`. In
 * `controllers` its guards would not run, so that is refused at boot.
 */
export const ToolController = (): ClassDecorator =>
  // Without the watermark Nest skips request-scoped global guards, without an error.
  applyDecorators(Injectable(), ToolClass(), SetMetadata(ENTRY_PROVIDER_WATERMARK, true));

/**
 * An MCP tool. It runs through Nest's whole pipeline, and needs an identity policy: `@RequireScopes()`,
 * `@RequireAnyScope()` or `@Authenticated()`.
 */
export const Tool = (options: ToolOptions): MethodDecorator => ToolMethod(options);

const TOOL_INPUT = 'eie:tool-input';

const validated = createParamDecorator((_data: undefined, context) => context.getArgByIndex<unknown>(1));

/**
 * What the model sent, as an instance of the parameter's class: a class-validator DTO, checked before the tool's
 * pipeline starts, whatever global pipes the application has. Its JSON Schema is what `tools/list` shows. Nothing in it
 * is identity.
 */
export function ToolInput(): ParameterDecorator {
  return (prototype, method, index) => {
    if (method === undefined) throw new TypeError('@ToolInput() belongs on a parameter of a tool method.');
    Reflect.defineMetadata(TOOL_INPUT, index, prototype, method);
    validated()(prototype, method, index);
  };
}

/** @internal The class of the `@ToolInput()` parameter of a method; `undefined` when it has none. */
export function toolInputType(prototype: object, method: string): unknown {
  const index = Reflect.getMetadata(TOOL_INPUT, prototype, method) as number | undefined;
  if (index === undefined) return undefined;
  return (Reflect.getMetadata('design:paramtypes', prototype, method) as unknown[] | undefined)?.[index] ?? Object;
}
