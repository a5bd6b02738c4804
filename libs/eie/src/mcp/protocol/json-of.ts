import { StreamableFile } from '@nestjs/common';
import { EieError } from 'execution-identity';

/**
 * What a handler has returned, as JSON.
 *
 * @returns `undefined` for `undefined`
 * @throws EieError `result_unserializable` for a cycle, a BigInt, a `toJSON()` that throws, and for what JSON shows nothing of, wherever it stands in
 * the result: a promise that nobody has awaited, a stream, an answer of fetch, a map, a generator
 */
export function jsonOf(output: unknown): string | undefined {
  try {
    if (!isStream(output)) {
      const json = JSON.stringify(output) as string | undefined;
      if (json === undefined ? output === undefined : !json.includes('{}') || isWhole(output)) return json;
    }
  } catch {
    // Thrown below.
  }
  throw new EieError('result_unserializable');
}

/** JSON would show the state of the stream, and none of its content. */
const isStream = (output: unknown): boolean =>
  output instanceof StreamableFile ||
  (isObject(output) && typeof output.pipe === 'function' && Symbol.asyncIterator in output);

/** Whether JSON shows something of each object that is in the result. */
function isWhole(output: unknown): boolean {
  let isLosing = false;
  JSON.stringify(output, (_name, value: unknown) => {
    isLosing ||= isLost(value) || isStream(value);
    return isLosing ? null : value;
  });
  return !isLosing;
}

/** An object without properties may be empty: of a kind of its own, or with an iterator, it is not. */
const isLost = (value: unknown): boolean =>
  isObject(value) &&
  !Array.isArray(value) &&
  Object.keys(value).length === 0 &&
  (Symbol.iterator in value ||
    Symbol.asyncIterator in value ||
    Object.prototype.toString.call(value) !== '[object Object]');

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
