import { Inject, Injectable, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { type BootCheck, BootChecks, type BootProblem } from './boot-checks.js';
import { classesOf } from './nest-handlers.js';
import { Posture } from './posture/posture.js';
import { decoratedOf, noteProvided, overriddenOf, TOOL_CLASS, toolClassesNobodyHas } from './tool-classes.js';

const ENTRIES = ['@Tool()', '@Resource()', '@ResourceTemplate()', '@Prompt()'];

/**
 * Checks that what is written as a tool is one. Nest says nothing of a decorator that nobody reads, and the tool would be missing from
 * `tools/list`. A class outside every `providers` may belong to another process, so that is a warning.
 */
@Injectable()
export class ToolClassesCheck implements BootCheck {
  /** What the routes serve is known after their own checks. */
  readonly isLast = true;

  constructor(
    @Inject(BootChecks) checks: BootChecks,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(Posture) private readonly posture: Posture,
  ) {
    checks.add(this);
  }

  problems(): BootProblem[] {
    const types = classesOf(this.discovery);
    noteProvided(types);
    return types.flatMap(type => [...outsideOfToolClass(type), ...inputsOfNoTool(type)]);
  }

  warnings(): string[] {
    const routes = this.posture.routes().filter(({ served }) => served === 'EieMcpModule');
    const types = classesOf(this.discovery);
    if (!routes.length) {
      const unserved = types.filter(isToolClass);
      if (!unserved.length) return [];
      return [
        `${namesOf(unserved)}: no MCP route of this application serves ${them(unserved)}, so no client reaches these tools. Import EieMcpModule.register({ path, name, version }) in a module of the application.`,
      ];
    }
    const entries = this.posture.served().flatMap(({ routes: at }) => at);
    const unlisted = toolClassesNobodyHas(types);
    return [
      ...types.filter(isToolClass).flatMap(overridesOfNoTool),
      ...routes
        .filter(({ path, configure }) => !configure && !entries.includes(path))
        .map(
          ({ path }) =>
            `The MCP route "${path}" serves no tool, resource or prompt. List a class with @ToolController() in the "providers" of a module, and in "include" of EieMcpModule.register() where that is given.`,
        ),
      ...(unlisted.length
        ? [
            `${namesOf(unlisted)}: decorated with @ToolController() and in the "providers" of no module, so no client sees these tools. List ${them(unlisted)} in "providers", or do not import ${them(unlisted)} here.`,
          ]
        : []),
    ];
  }
}

/** Nest finds a class by its own decorator: what it inherits does not count. */
const isToolClass = (type: unknown): boolean => typeof type === 'function' && Reflect.hasOwnMetadata(TOOL_CLASS, type);

function outsideOfToolClass(type: Type): BootProblem[] {
  const entry = decoratedOf(type).find(({ decorator }) => ENTRIES.includes(decorator));
  if (!entry || isToolClass(type)) return [];
  const message = `${type.name}.${entry.method} has ${entry.decorator}, and its class is no tool class, so no client would see it: decorate ${type.name} with @ToolController(), and list it in "providers".`;
  return [{ type, message }];
}

function overridesOfNoTool(type: Type): string[] {
  return overriddenOf(type)
    .filter(({ decorator }) => ENTRIES.includes(decorator))
    .map(
      ({ method, decorator }) =>
        `${type.name}.${method} overrides a method with ${decorator} and has none, so no client sees it: put ${decorator} on it too. Its policy is that of the method that it overrides.`,
    );
}

/** Nothing but an MCP route fills such a parameter. Anywhere else it would get whatever stands second. */
function inputsOfNoTool(type: Type): BootProblem[] {
  const all = decoratedOf(type);
  return all
    .filter(({ decorator }) => !ENTRIES.includes(decorator))
    .filter(({ method }) => !all.some(one => one.method === method && ENTRIES.includes(one.decorator)))
    .map(({ method, decorator }) => ({
      type,
      message: `${type.name}.${method} has a parameter with ${decorator} and is no tool, so nobody fills it: decorate the method with @Tool({ name }), or in an HTTP handler use @Body() or @Query().`,
    }));
}

const namesOf = (types: readonly Type[]): string => types.map(({ name }) => name).join(', ');
const them = ({ length }: readonly Type[]): string => (length > 1 ? 'them' : 'it');
