import { type JsonSchema } from '../protocol/dto-schema.js';

/** What JSON Schema allows in the place of a schema. */
export type SchemaNode = JsonSchema | boolean;

const COMBINED = ['allOf', 'anyOf', 'oneOf'] as const;
const BRANCHES = ['then', 'else'] as const;

/** Reads one JSON Schema: its references lead to its own definitions. */
export class SchemaNodes {
  constructor(private readonly root: SchemaNode) {}

  /**
   * Where a reference leads; the node itself where there is none.
   *
   * A reference that leads out of the schema is `true`: it allows anything.
   */
  resolved(node: SchemaNode, followed: readonly string[] = []): SchemaNode {
    const reference = typeof node === 'object' ? node.$ref : undefined;
    if (typeof reference !== 'string') return node;
    if (followed.includes(reference)) return true;
    return this.resolved(this.#target(reference) ?? true, [...followed, reference]);
  }

  /** Schemas that say more about the same value: members of `allOf` and its like. */
  combined(node: JsonSchema): SchemaNode[] {
    return [
      ...COMBINED.flatMap(keyword => (Array.isArray(node[keyword]) ? (node[keyword] as SchemaNode[]) : [])),
      ...BRANCHES.flatMap(keyword => (keyword in node ? [node[keyword] as SchemaNode] : [])),
      ...Object.values(recordOf(node.dependentSchemas)),
    ];
  }

  /** The declared members of an object. */
  members(node: JsonSchema): [name: string, schema: SchemaNode][] {
    return Object.entries(recordOf(node.properties));
  }

  /** What undeclared members of an object look like, where they are described. */
  others(node: JsonSchema): SchemaNode[] {
    const { additionalProperties: more } = node;
    return [
      ...Object.values(recordOf(node.patternProperties)),
      ...(typeof more === 'object' && more !== null ? [more as JsonSchema] : []),
    ];
  }

  /** What the elements of a list look like. */
  elements(node: JsonSchema): SchemaNode[] {
    const { items, prefixItems, contains } = node;
    return [items, prefixItems, contains].flat().filter(one => one !== undefined) as SchemaNode[];
  }

  /**
   * Whether a value may be an object of which nobody has declared the members, or a list of anything. An object with declared members is
   * closed unless its schema opens it: `closed-input.ts` refuses others.
   */
  isFreeForm(given: SchemaNode, seen: readonly SchemaNode[] = []): boolean {
    const node = this.resolved(given);
    if (typeof node === 'boolean') return node;
    // What only leads back to itself says nothing more.
    if (seen.includes(node)) return false;
    if (isScalar(node)) return false;
    const also = (one: SchemaNode): boolean => this.isFreeForm(one, [...seen, node]);
    const { additionalProperties: more, allOf, anyOf, oneOf } = node;
    if (Object.keys(recordOf(node.patternProperties)).length) return true;
    if (more !== undefined && more !== false) return true;
    if (more === false || node.unevaluatedProperties === false || node.properties !== undefined) return false;
    if (Array.isArray(allOf) && allOf.some(one => !also(one as SchemaNode))) return false;
    for (const branches of [anyOf, oneOf])
      if (Array.isArray(branches)) return branches.some(one => also(one as SchemaNode));
    if (typesOf(node)?.includes('object') ?? true) return true;
    const elements = this.elements(node);
    return !elements.length || elements.some(also);
  }

  #target(reference: string): SchemaNode | undefined {
    if (reference !== '#' && !reference.startsWith('#/')) return undefined;
    const steps = reference.split('/').slice(1);
    return steps.reduce<unknown>(
      (at, step) => recordOf(at)[decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')],
      this.root,
    ) as SchemaNode | undefined;
  }
}

/** Whether a value can be neither an object nor a list. */
function isScalar(node: JsonSchema): boolean {
  const values = 'const' in node ? [node.const] : node.enum;
  if (Array.isArray(values)) return values.every(value => typeof value !== 'object' || value === null);
  return typesOf(node)?.every(type => type !== 'object' && type !== 'array') ?? false;
}

const typesOf = ({ type }: JsonSchema): unknown[] | undefined => (type === undefined ? undefined : [type].flat());

const recordOf = (value: unknown): Record<string, SchemaNode> =>
  typeof value === 'object' && value !== null ? (value as Record<string, SchemaNode>) : {};
