import { type JsonSchema } from '../protocol/dto-schema.js';
import { type SchemaNode, SchemaNodes } from './schema-nodes.js';

/** Which members a value may have, as one schema declares them. A type that contains itself leads back to itself. */
interface InputShape {
  /** Whether it may have others too. */
  readonly isOpen: boolean;
  readonly members: Map<string, InputShape[]>;
  /** What the elements of a list look like. */
  readonly elements: InputShape[];
}

/** What an input may look like: one shape, or several where schemas are combined. Made once, at boot. */
export type InputShapes = readonly InputShape[];

const NO_MEMBERS: InputShapes = [{ isOpen: false, members: new Map(), elements: [] }];

/** The shape of an input, from the schema that is listed. */
export function inputShapes(root: JsonSchema): InputShapes {
  const nodes = new SchemaNodes(root);
  const made = new Map<SchemaNode, InputShape>();

  function shapeOf(given: SchemaNode): InputShape {
    const node = nodes.resolved(given);
    const known = made.get(node);
    if (known) return known;
    const shape: InputShape = { isOpen: nodes.isFreeForm(node), members: new Map(), elements: [] };
    made.set(node, shape);
    grow(shape, node, []);
    return shape;
  }

  /** Combined schemas add to the same shape: which of them a value meets is for its validator. */
  function grow(shape: InputShape, given: SchemaNode, within: readonly SchemaNode[]): void {
    const node = nodes.resolved(given);
    if (typeof node === 'boolean' || within.includes(node)) return;
    for (const [name, schema] of nodes.members(node))
      shape.members.set(name, [...(shape.members.get(name) ?? []), shapeOf(schema)]);
    shape.elements.push(...nodes.elements(node).map(shapeOf));
    for (const one of nodes.combined(node)) grow(shape, one, [...within, node]);
  }
  return [shapeOf(root)];
}

/** Whether no object of an input may have members that are not declared, at any depth. */
export function isClosedInput(shapes: InputShapes): boolean {
  const seen = new Set(shapes);
  // A set is iterated with what is added meanwhile.
  for (const { isOpen, members, elements } of seen) {
    if (isOpen) return false;
    for (const one of [...[...members.values()].flat(), ...elements]) seen.add(one);
  }
  return true;
}

/** Names that lead out of a plain object, and that class-transformer drops in silence. No input has them, at any depth. */
const FORBIDDEN = ['__proto__', 'constructor', 'prototype'];

/**
 * The names of members that an input must not have, at most `most`, in no particular order. What the text of a member contains is data and
 * is not looked at.
 *
 * @param shapes without any, only forbidden names count
 */
export function undeclaredMembers(input: object, shapes: InputShapes | undefined, most: number): string[] {
  const found: string[] = [];
  const values: object[] = [input];
  const declared: (InputShapes | undefined)[] = [shapes];
  while (values.length && found.length < most) {
    const [value, allowed] = [values.pop()!, declared.pop()];
    const isList = Array.isArray(value);
    const isClosed = !isList && allowed !== undefined && !allowed.some(one => one.isOpen);
    for (const [name, member] of Object.entries(value) as [string, unknown][]) {
      const inside = allowed && (isList ? elementsOf(allowed) : membersOf(allowed, name));
      if (!isList && (FORBIDDEN.includes(name) || (isClosed && !inside))) found.push(name);
      else if (typeof member === 'object' && member !== null) {
        values.push(member);
        declared.push(inside);
      }
    }
  }
  return found.slice(0, most);
}

function membersOf(shapes: InputShapes, name: string): InputShapes | undefined {
  if (shapes.length === 1) return shapes[0]!.members.get(name);
  const all = shapes.flatMap(one => one.members.get(name) ?? []);
  return all.length ? [...new Set(all)] : undefined;
}

/** A list may stand where none is declared: its validator decides. What is in it has no members then, unless the place is open. */
function elementsOf(shapes: InputShapes): InputShapes | undefined {
  const all = shapes.length === 1 ? shapes[0]!.elements : [...new Set(shapes.flatMap(one => one.elements))];
  if (all.length) return all;
  return shapes.some(one => one.isOpen) ? undefined : NO_MEMBERS;
}
