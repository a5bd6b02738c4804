import { ValidateBy, type ValidationOptions } from 'class-validator';

/** Built-in objects whose contents are no members: what reads members finds an object without any. */
const HIDING = ['Map', 'Set', 'WeakMap', 'WeakSet', 'Promise', 'Date', 'RegExp', 'URL', 'URLSearchParams', 'Headers'];

/** What an object of options is in place of a plain one. `undefined` for a plain one, and for what is no object. */
export function hiddenKind(value: unknown): string | undefined {
  if (typeof value === 'function') return 'function';
  if (typeof value !== 'object' || value === null) return undefined;
  const kind = Object.prototype.toString.call(value).slice('[object '.length, -1);
  if (HIDING.includes(kind)) return kind;
  return typeof (value as { then?: unknown }).then === 'function' ? 'Promise' : undefined;
}

/** An object whose members can be read: a plain one, or an instance of a class of the application. */
export const isRecord = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && hiddenKind(value) === undefined;

/** class-validator's own takes a function, a Map and a Promise, of which nothing would be read. */
export const IsObject = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy({ name: 'isRecord', validator: { validate: isRecord } }, options);

/**
 * What stands behind the message about an option, where the value tells what went wrong.
 *
 * @param isGiven whether the option is there, with this value
 */
export function hintAt(value: unknown, isGiven = false): string {
  if (isGiven && (value === undefined || value === ''))
    return `: it is ${value === '' ? 'empty' : 'undefined'}. Is it an environment variable that is not set?`;
  const kind = hiddenKind(value);
  if (kind === undefined || kind === 'function') return '';
  return kind === 'Promise'
    ? ': it is a Promise, so await it before'
    : `: it is a ${kind}, so write it as plain options`;
}
