import { StreamableFile } from '@nestjs/common';
import { EieError } from 'execution-identity';

/**
 * What a handler has returned, as JSON.
 *
 * @returns `undefined` for `undefined`
 * @throws EieError `result_unserializable` for a cycle, a BigInt, a `toJSON()` that throws, and for what JSON shows nothing of: a stream, an answer of
 * fetch, a map, a generator
 */
export function jsonOf(output: unknown): string | undefined {
  try {
    if (!isStream(output)) {
      const json = JSON.stringify(output) as string | undefined;
      if (!isLost(output, json)) return json;
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

/** An object without properties may be empty: of a kind of its own, or with an iterator, it is not. */
function isLost(output: unknown, json: string | undefined): boolean {
  if (json === undefined) return output !== undefined;
  if (json !== '{}' || !isObject(output)) return false;
  return (
    Symbol.iterator in output ||
    Symbol.asyncIterator in output ||
    Object.prototype.toString.call(output) !== '[object Object]'
  );
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
