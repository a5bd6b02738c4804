import 'reflect-metadata';
import { type Type } from '@nestjs/common';

/** How a tool of a contender is declared: its decorators, and where its parameters come from. */
export interface Declared {
  readonly ofClass: readonly ClassDecorator[];
  readonly ofTool: (name: string) => readonly MethodDecorator[];
  readonly ofInput: ParameterDecorator;
  readonly ofUser: ParameterDecorator;
  readonly input: Type | undefined;
}

export const toolName = (i: number): string => `tool_${i}`;
export const textFor = (order: string, user: string): string => `${order} of ${user}`;

/** A class with as many tools, each of which names the order that is asked for, and the user. */
export function toolClass(tools: number, { ofClass, ofTool, ofInput, ofUser, input = Object }: Declared): Type {
  class BenchTools {}
  const { prototype } = BenchTools;
  for (let i = 0; i < tools; i++) {
    const name = toolName(i);
    const value = ({ order }: { order: string }, user: unknown): string => textFor(order, String(user));
    const descriptor = { value, writable: true, configurable: true };
    Object.defineProperty(prototype, name, descriptor);
    Reflect.defineMetadata('design:paramtypes', [input, String], prototype, name);
    ofInput(prototype, name, 0);
    ofUser(prototype, name, 1);
    for (const decorate of ofTool(name)) decorate(prototype, name, descriptor);
  }
  for (const decorate of ofClass) decorate(BenchTools);
  return BenchTools;
}
