import { EieError } from '../errors.js';

/** @throws EieError `txn_token_invalid` for what is no object */
export function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new EieError('txn_token_invalid');
  return value as Record<string, unknown>;
}

/** @throws EieError `txn_token_invalid` for what is absent */
export function needed<T>(value: T | undefined): T {
  if (value === undefined) throw new EieError('txn_token_invalid');
  return value;
}

/** @throws EieError `txn_token_invalid` for any other value */
export function oneOf<T extends string | boolean>(values: readonly T[], value: unknown): T {
  return needed(values.find(one => one === value));
}
