import {
  IS_DATE_STRING,
  IS_DIVISIBLE_BY,
  IS_ENUM,
  IS_IP,
  IS_NEGATIVE,
  IS_NOT_EMPTY,
  IS_NUMBER_STRING,
  IS_POSITIVE,
  MATCHES,
  MAX,
  MIN,
  ValidationTypes,
} from 'class-validator';

export type JsonSchema = Record<string, unknown>;

interface Decorator {
  readonly name?: string;
  readonly constraints: readonly unknown[];
}

/** The type of a property that no other of its decorators tells. */
export const ELSE_TYPE = 'x-else-type';
/** Of a property with `@IsOptional()`: class-validator lets `null` pass. */
const NULLABLE = 'x-nullable';
const MARKS: readonly string[] = [ELSE_TYPE, NULLABLE];
const TELLS_TYPE = ['type', '$ref', 'enum', 'oneOf', 'anyOf'];

const number = { [ELSE_TYPE]: 'number' };
const DATE = {
  oneOf: [
    { format: 'date', type: 'string' },
    { format: 'date-time', type: 'string' },
  ],
};

/**
 * What class-validator-jsonschema says of decorators in place of its own words, where those list something else than is accepted: a client that
 * keeps to the list would be refused, and refuse what it is sent. What a decorator only limits has the type that another one tells.
 */
export const CONVERTERS: Record<string, JsonSchema | ((decorator: Decorator) => JsonSchema)> = {
  [ValidationTypes.CONDITIONAL_VALIDATION]: ({ name }: Decorator) =>
    name === 'isOptional' ? { [NULLABLE]: true } : {},
  [IS_NOT_EMPTY]: { [ELSE_TYPE]: 'string', minLength: 1 },
  [IS_POSITIVE]: { ...number, exclusiveMinimum: 0 },
  [IS_NEGATIVE]: { ...number, exclusiveMaximum: 0 },
  [MIN]: ({ constraints }: Decorator) => ({ ...number, minimum: constraints[0] }),
  [MAX]: ({ constraints }: Decorator) => ({ ...number, maximum: constraints[0] }),
  [IS_DIVISIBLE_BY]: ({ constraints }: Decorator) => ({ ...number, multipleOf: constraints[0] }),
  [IS_ENUM]: ({ constraints }: Decorator) => enumSchema(constraints[0] as Record<string, unknown>),
  [IS_DATE_STRING]: DATE,
  [IS_NUMBER_STRING]: { type: 'string', pattern: '^[-+]?([0-9]*[.])?[0-9]+$' },
  [IS_IP]: ({ constraints }: Decorator) => {
    const version = String(constraints[0]);
    return { type: 'string', ...(['4', '6'].includes(version) && { format: `ipv${version}` }) };
  },
  // JSON Schema has no flags.
  [MATCHES]: ({ constraints }: Decorator) => {
    const { source, flags } = constraints[0] as RegExp;
    return { type: 'string', ...(!/[ims]/.test(flags) && { pattern: source }) };
  },
};

/** A schema that the converters have made, as JSON Schema. */
export function converted(schema: JsonSchema): JsonSchema {
  return each(schema, node => {
    const { [ELSE_TYPE]: otherwise, ...rest } = node;
    if (otherwise === undefined) return node;
    const told = TELLS_TYPE.some(keyword => keyword in rest) ? rest : { ...rest, type: otherwise };
    if (told.type === 'string' || told.minLength === undefined) return told;
    const { minLength: _ofTexts, ...others } = told;
    return others;
  });
}

/** What is sent may be `null` where `@IsOptional()` lets it. An input is listed without that: its handler need not know of `null`. */
export const withNull = (schema: JsonSchema): JsonSchema =>
  each(schema, node => {
    const { [NULLABLE]: mark, ...rest } = node;
    return mark === undefined || !TELLS_TYPE.some(keyword => keyword in rest)
      ? node
      : { anyOf: [rest, { type: 'null' }] };
  });

/** Whether a member of a schema is a mark of the converters. */
export const isMark = (name: string): boolean => MARKS.includes(name);

/** Without the names that the compiler keeps beside the numbers of an enum. */
function enumSchema(values: Record<string, unknown>): JsonSchema {
  const isReverse = ([key, value]: [string, unknown]): boolean =>
    typeof value === 'string' && values[value] === Number(key);
  const kept = [...new Set(Object.entries(values).flatMap(one => (isReverse(one) ? [] : [one[1]])))];
  const types = [...new Set(kept.map(value => typeof value))];
  return { enum: kept, ...(types.length === 1 && { type: types[0] }) };
}

function each(schema: unknown, change: (node: JsonSchema) => JsonSchema): JsonSchema {
  if (Array.isArray(schema)) return schema.map(one => each(one, change)) as never;
  if (typeof schema !== 'object' || schema === null) return schema as never;
  const inside = Object.entries(schema).map(([name, value]) => [name, each(value, change)]);
  return change(Object.fromEntries(inside) as JsonSchema);
}
