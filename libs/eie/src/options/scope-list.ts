import { ValidateBy, type ValidationOptions } from 'class-validator';
import { isStrings } from './constraints.js';

/** A list of scopes, each by itself: no token has one with white space in it (RFC 6749 §3.3). */
export const isScopeList = (value: unknown): boolean =>
  isStrings(value) && !(value as string[]).some(scope => /\s/.test(scope));

export const IsScopeList = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy({ name: 'isScopeList', validator: { validate: isScopeList } }, options);
