/** The keywords of JSON Schema that the schema of a posture uses; `title` and the like say nothing of a value. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly if?: Schema;
  readonly then?: Schema;
  readonly else?: Schema;
}

interface Problem {
  readonly path: string;
  /** `is missing`. */
  readonly what: string;
}

/**
 * The first thing that is wrong with a value, as a sentence without its point: `handlers[0].routes is missing`. `undefined` where nothing is. It knows the
 * keywords of {@link Schema} alone.
 *
 * @param name what the value itself is called
 */
export function problemOf(value: unknown, schema: Schema, name: string): string | undefined {
  const found = problemAt(value, schema, '');
  return found && `${found.path || name} ${found.what}`;
}

function problemAt(value: unknown, schema: Schema, path: string): Problem | undefined {
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length && !types.some(type => isOf(type, value))) return { path, what: `is not ${types.join(' or ')}` };
  if ('const' in schema && value !== schema.const) return { path, what: `is not ${JSON.stringify(schema.const)}` };
  if (schema.enum && !schema.enum.includes(value)) return { path, what: `is none of ${schema.enum.join(', ')}` };
  if (typeof value === 'string' && schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value))
    return { path, what: `does not match ${schema.pattern}` };
  if (typeof value === 'number' && schema.minimum !== undefined && value < schema.minimum)
    return { path, what: `is less than ${schema.minimum}` };
  return withinOf(value, schema, path) ?? combinedOf(value, schema, path);
}

function withinOf(value: unknown, schema: Schema, path: string): Problem | undefined {
  if (Array.isArray(value))
    return first(value.map((one, index) => [one, schema.items ?? {}, `${path}[${index}]`] as const));
  if (typeof value !== 'object' || value === null) return undefined;
  const { required = [], properties = {}, additionalProperties: others = true } = schema;
  const at = (member: string): string => (path ? `${path}.${member}` : member);
  const missing = required.find(member => !Object.hasOwn(value, member));
  if (missing !== undefined) return { path: at(missing), what: 'is missing' };
  const members = Object.entries(value);
  const unknown = members.find(([member]) => others === false && !Object.hasOwn(properties, member));
  if (unknown) return { path: at(unknown[0]), what: 'is unknown to this version' };
  const rest = typeof others === 'boolean' ? {} : others;
  return first(
    members.map(
      ([member, one]) => [one, Object.hasOwn(properties, member) ? properties[member]! : rest, at(member)] as const,
    ),
  );
}

function combinedOf(value: unknown, schema: Schema, path: string): Problem | undefined {
  const { allOf = [], anyOf = [], if: condition, then = {}, else: otherwise = {} } = schema;
  const within = first(allOf.map(one => [value, one, path] as const));
  if (within) return within;
  const branch = condition && problemAt(value, problemAt(value, condition, path) ? otherwise : then, path);
  if (branch) return branch;
  const problems = anyOf.map(one => problemAt(value, one, path));
  if (problems.includes(undefined)) return undefined;
  // The branch that is meant is the one in which the value went furthest.
  return problems.reduce((best, one) => (one!.path.length > best!.path.length ? one : best), problems[0]);
}

function first(checks: readonly (readonly [value: unknown, schema: Schema, path: string])[]): Problem | undefined {
  for (const check of checks) {
    const problem = problemAt(...check);
    if (problem) return problem;
  }
  return undefined;
}

function isOf(type: string, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}
