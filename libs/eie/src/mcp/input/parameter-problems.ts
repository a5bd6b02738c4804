import { type Type } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';

/** How Nest marks the parameter decorators that are not its own. */
const CUSTOM = '__customRouteArgs__';
const INPUT = 'use @ToolInput() with a class-validator DTO, which holds what the model sends';
const CALLER = `use @Identity() for who calls, and @ToolCall() for the running call`;

const HTTP_PARTS: Readonly<Record<number, readonly [decorator: string, instead: string]>> = {
  [RouteParamtypes.REQUEST]: ['@Req()', CALLER],
  [RouteParamtypes.RESPONSE]: ['@Res()', 'return the result'],
  [RouteParamtypes.NEXT]: ['@Next()', 'return the result'],
  [RouteParamtypes.BODY]: ['@Body()', INPUT],
  [RouteParamtypes.RAW_BODY]: ['@RawBody()', INPUT],
  [RouteParamtypes.QUERY]: ['@Query()', INPUT],
  [RouteParamtypes.PARAM]: ['@Param()', INPUT],
  [RouteParamtypes.FILE]: ['@UploadedFile()', INPUT],
  [RouteParamtypes.FILES]: ['@UploadedFiles()', INPUT],
  [RouteParamtypes.HEADERS]: ['@Headers()', CALLER],
  [RouteParamtypes.SESSION]: ['@Session()', CALLER],
  [RouteParamtypes.HOST]: ['@HostParam()', CALLER],
  [RouteParamtypes.IP]: ['@Ip()', CALLER],
};

/**
 * The parameters of a tool, resource or prompt that would not get what they are written for, each with its fix: parts of an HTTP request,
 * and parameters without a decorator. It does NOT see a parameter with a default value, which needs no decorator.
 *
 * @param name of the method, as messages name it
 */
export function parameterProblems(type: Type, method: string, name: string): string[] {
  const metadata = (Reflect.getMetadata(ROUTE_ARGS_METADATA, type, method) ?? {}) as Record<string, { index: number }>;
  const parts = Object.keys(metadata).flatMap(key => {
    const part = key.includes(CUSTOM) ? undefined : HTTP_PARTS[Number(key.split(':')[0])];
    return part ? [`${name} has ${part[0]}, which is empty in a tool: ${part[1]}.`] : [];
  });
  const filled = new Set(Object.values(metadata).map(({ index }) => index));
  const bare = Array.from({ length: parametersOf(type, method) }, (_, index) => index).filter(i => !filled.has(i));
  if (!bare.length) return parts;
  const which = bare.map(index => index + 1).join(', ');
  return [
    ...parts,
    `${name}: parameter ${which} has no decorator, so nobody fills it. Decorate it: @ToolInput() gives what the model sent, @Identity() who calls, @Delegated('target') an API, @ToolCall() the running call.`,
  ];
}

/** Up to the first with a default value. A decorator that wraps the method hides how many there are, and the compiler's types do not. */
function parametersOf(type: Type, method: string): number {
  const { length } = (type.prototype as Record<string, () => unknown>)[method]!;
  const types = Reflect.getMetadata('design:paramtypes', type.prototype as object, method) as unknown[] | undefined;
  return length || (types?.length ?? 0);
}
