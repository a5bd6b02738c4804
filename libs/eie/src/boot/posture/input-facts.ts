import { createHash } from 'node:crypto';
import { canonicalJson } from 'execution-identity/internal';
import { type PostureInput } from './posture-document.js';

/** In hexadecimal, as `sha256sum` writes it. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Deeper than any schema, and than any posture. */
const DEPTH = 256;

/** @throws TypeError for what is nested more than 256 deep */
export function canonical(value: unknown): string {
  const text = canonicalJson(value, DEPTH);
  if (text === undefined) throw new TypeError(`The document is nested more than ${DEPTH} deep.`);
  return text;
}

/**
 * What a posture says of the JSON Schema of an input.
 *
 * @param closed whether undeclared members are refused, where another than the schema says so
 */
export const inputFacts = (schema: unknown, closed = isClosed(schema)): PostureInput => ({
  schemaSha256: sha256(canonical(schema)),
  closed,
});

/** Whether no object in a JSON Schema takes members that are not declared. */
function isClosed(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return true;
  if (Array.isArray(schema)) return schema.every(isClosed);
  const { type, properties, additionalProperties } = schema as Record<string, unknown>;
  const isObject = type === 'object' || properties !== undefined;
  return (!isObject || additionalProperties === false) && Object.values(schema).every(isClosed);
}
