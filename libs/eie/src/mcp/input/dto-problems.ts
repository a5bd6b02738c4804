import { type Type } from '@nestjs/common';
import { getMetadataStorage } from 'class-validator';

/** What the compiler keeps of an interface, a union, a scalar or a list. */
const BUILT_IN: readonly unknown[] = [Object, String, Number, Boolean, Array];
const HOW = '@IsString(), @IsOptional(), @ValidateNested() with @Type(), or @Allow()';

/**
 * What is wrong with a DTO, with its fix: it has no class-validator decorators at all, or a property without one. Validation refuses each
 * such object, so no call could succeed. A property is seen where the compiler defines it on the instance: with ES2022 as its target.
 *
 * @param where whose DTO it is, as a message begins
 */
export function dtoProblems(dto: Type, where: string): string[] {
  const decorated = new Set(
    getMetadataStorage()
      .getTargetValidationMetadatas(dto, '', false, false)
      .map(({ propertyName }) => propertyName),
  );
  if (!decorated.size)
    return [
      `${where}: ${dto.name} has no class-validator decorators, so that every value is refused: decorate each of its properties, with ${HOW}; a tool without input has no @ToolInput().`,
    ];
  const bare = ownProperties(dto).filter(name => !decorated.has(name));
  if (!bare.length) return [];
  return [
    `${where}: ${bare.map(name => `${dto.name}.${name}`).join(' and ')} has no class-validator decorator, so that every value is refused: decorate it, with ${HOW}.`,
  ];
}

/**
 * What is wrong with the type of a `@ToolInput()` parameter, with its fix.
 *
 * @param input its type as the compiler has kept it; `undefined` for a method without such a parameter
 */
export function inputTypeProblems(type: Type, method: string, name: string, input: unknown): string[] {
  if (input === undefined) return [];
  if (typeof input === 'function' && !BUILT_IN.includes(input))
    return dtoProblems(input as Type, `${name}: its @ToolInput()`);
  if (!Reflect.hasMetadata('design:paramtypes', type.prototype as object, method))
    return [
      `${name}: the compiler has kept no type of its @ToolInput(): set "emitDecoratorMetadata" and "experimentalDecorators" in tsconfig.json. What does not know them (esbuild, and with it tsx and vitest) needs the plugin of SWC.`,
    ];
  return [
    `${name}: the type of its @ToolInput() must be a class with class-validator decorators (imported as a value, not as a type).`,
  ];
}

/** As class-transformer makes an instance. A class that needs arguments is not looked at. */
function ownProperties(dto: Type): string[] {
  try {
    return Object.keys(new dto() as object);
  } catch {
    return [];
  }
}
