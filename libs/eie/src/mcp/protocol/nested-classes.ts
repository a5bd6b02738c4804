import { type Type } from '@nestjs/common';
// @ts-expect-error -- where @Type() keeps what it was told; class-transformer publishes it without types
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { getMetadataStorage, ValidationTypes } from 'class-validator';
import { ELSE_TYPE, type JsonSchema } from './schema-converters.js';

interface PropertyMetadata {
  readonly target: unknown;
  /** As it is listed: `@Expose({ name })` may have renamed it. */
  readonly propertyName: string;
}

interface TransformMetadata {
  findTypeMetadata(target: unknown, property: string): { typeFunction(): unknown } | undefined;
  findExposeMetadataByCustomName(target: unknown, name: string): { propertyName: string } | undefined;
}

const transforms = defaultMetadataStorage as TransformMetadata;
const SCALARS = new Map<unknown, string>([
  [String, 'string'],
  [Number, 'number'],
  [Boolean, 'boolean'],
]);

/**
 * What class-validator-jsonschema says of properties whose type is a class, in place of its own words: it finds classes by their names among
 * all of the application, and takes the type of a property with a decorator of the application for such a class, a list and a date too.
 *
 * @param refer gives the reference to the schema of a class
 */
export const nestedConverters = (refer: (type: Type) => JsonSchema) => ({
  [ValidationTypes.NESTED_VALIDATION]: (property: PropertyMetadata): JsonSchema => {
    const type = typeOf(property);
    return refer(typeof type === 'function' ? (type as Type) : Object);
  },
  // Whatever else is not known by its name: what it checks, nobody can list.
  [ValidationTypes.CUSTOM_VALIDATION]: (property: PropertyMetadata): JsonSchema => {
    const type = typeOf(property);
    const scalar = SCALARS.get(type);
    if (scalar !== undefined) return { [ELSE_TYPE]: scalar };
    return typeof type === 'function' && isDecorated(type as Type) ? refer(type as Type) : {};
  },
});

/** As `@Type()` says, else as the compiler has kept it. */
function typeOf({ target, propertyName }: PropertyMetadata): unknown {
  const property = transforms.findExposeMetadataByCustomName(target, propertyName)?.propertyName ?? propertyName;
  const told = transforms.findTypeMetadata(target, property);
  return told
    ? told.typeFunction()
    : (Reflect.getMetadata('design:type', (target as Type).prototype as object, property) ?? Object);
}

/** Whether class-validator knows a class, or one that it extends. */
export const isDecorated = (type: Type): boolean =>
  getMetadataStorage().getTargetValidationMetadatas(type, '', true, false).length > 0;
