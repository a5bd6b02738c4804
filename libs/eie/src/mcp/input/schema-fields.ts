import { type JsonSchema } from '../protocol/dto-schema.js';
import { type SchemaNode, SchemaNodes } from './schema-nodes.js';

/** One field of an input, or the whole input. */
export interface SchemaField {
  /** `customer.userId`, `lines[].userId`, `labels.*`; `*` is the whole input. */
  readonly path: string;
  /** Its own name; of the whole input, and of what has no name, none. */
  readonly name: string | undefined;
  /** The other fields of the same object. */
  readonly siblings: readonly string[];
  /** Whether it may contain what nobody has declared. */
  readonly isFreeForm: boolean;
  readonly schema: SchemaNode;
}

/** The path of the whole input. */
export const WHOLE_INPUT = '*';

/** Every field of an input, at any depth: through lists, references, maps and combined schemas. A field that contains itself comes once. */
export function schemaFields(root: JsonSchema): SchemaField[] {
  const nodes = new SchemaNodes(root);
  const found = new Map<string, SchemaField>();

  function add(field: Omit<SchemaField, 'isFreeForm'>, open: readonly SchemaNode[]): void {
    const known = found.get(field.path);
    // Branches of one schema may declare the same field: what one of them opens is open.
    const isFreeForm = nodes.isFreeForm(field.schema) || (known?.isFreeForm ?? false);
    found.set(field.path, known ? { ...known, isFreeForm } : { ...field, isFreeForm });
    walk(field.schema, field.path, open);
  }

  function walk(given: SchemaNode, path: string, open: readonly SchemaNode[]): void {
    const node = nodes.resolved(given);
    if (typeof node === 'boolean' || open.includes(node)) return;
    const inside = [...open, node];
    const under = path === WHOLE_INPUT ? '' : `${path}.`;
    for (const one of nodes.combined(node)) walk(one, path, inside);
    const members = nodes.members(node);
    const siblings = members.map(([name]) => name);
    for (const [name, schema] of members) add({ path: under + name, name, siblings, schema }, inside);
    for (const schema of nodes.others(node)) walk(schema, `${under}*`, inside);
    for (const schema of nodes.elements(node)) walk(schema, `${path}[]`, inside);
  }

  add({ path: WHOLE_INPUT, name: undefined, siblings: [], schema: root }, []);
  return [...found.values()];
}
