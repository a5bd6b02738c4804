import 'reflect-metadata';
import { getMetadataStorage, IsOptional, ValidateBy, type ValidationOptions } from 'class-validator';
import { isHttpUrl, isIdentifier, isIssuerName, isSigner } from 'execution-identity/internal';
import { CallsUrl, type HttpUse } from './insecure-http.js';
import { isRecord } from './plain-object.js';

const isText = (value: unknown): boolean => typeof value === 'string' && value.length > 0;

const isTrimmed = (value: unknown): boolean => !isText(value) || !/^\s|\s$|\p{Cc}/u.test(value as string);

/** A text as it is sent: white space around it is the line end of a file that it was read from. */
export const IsTrimmed = (options: { readonly message: string }): PropertyDecorator =>
  ValidateBy(
    { name: 'isTrimmed', validator: { validate: isTrimmed } },
    {
      message: `${options.message}, without white space around it, such as the line end of the file that it is read from: trim() it`,
    },
  );

/** A list of non-empty strings. */
export const isStrings = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

export const IsIdentifier = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy({ name: 'isIdentifier', validator: { validate: isIdentifier } }, options);

/** A URL that this server calls. `read-options.ts` then checks where it may be http. */
export const IsCalledUrl =
  (options: { readonly message: string }, use: HttpUse): PropertyDecorator =>
  (prototype, property) => {
    CallsUrl({ use, message: options.message })(prototype, property);
    if (use === 'target') HasNoQuery()(prototype, property);
    ValidateBy({ name: 'isCalledUrl', validator: { validate: isHttpUrl } }, options)(prototype, property);
  };

const hasNoQuery = (value: unknown): boolean => !isHttpUrl(value) || !new URL(value as string).search;

/** A query may hold a secret, and is in no call. */
const HasNoQuery = (): PropertyDecorator =>
  ValidateBy(
    { name: 'hasNoQuery', validator: { validate: hasNoQuery } },
    {
      message: '$property must have no query: a key of the API is its "credential", such as apiKey({ header, secret })',
    },
  );

export const IsFunction = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy({ name: 'isFunction', validator: { validate: value => typeof value === 'function' } }, options);

const isClock = (value: unknown): boolean => {
  try {
    return typeof value === 'function' && Number.isFinite((value as () => unknown)());
  } catch {
    return false;
  }
};

/** With the time of an asynchronous clock nothing would ever expire: it is no number. */
export const IsClock = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy({ name: 'isClock', validator: { validate: isClock } }, options);

export const IsStrings = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy({ name: 'isStrings', validator: { validate: isStrings } }, options);

const isValue = (value: unknown): boolean => isText(value) || typeof value === 'boolean' || Number.isFinite(value);

/** A list of non-empty strings, numbers and booleans. */
export const IsValues = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    { name: 'isValues', validator: { validate: value => Array.isArray(value) && value.every(isValue) } },
    options,
  );

const KEY_AGE = { message: '$property must be a number of seconds from 600 to 604800' };
const isKeyAge = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= 600 && (value as number) <= 604_800;

/** Optional: how long keys are believed while they cannot be fetched. Shorter than 600 seconds would be no time to fetch them again. */
export const IsKeyAge = (): PropertyDecorator => (prototype, property) => {
  IsOptional()(prototype, property);
  ValidateBy({ name: 'isKeyAge', validator: { validate: isKeyAge } }, KEY_AGE)(prototype, property);
};

/** What an issuer calls itself, URL or not. */
export const IsIssuerName = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy({ name: 'isIssuerName', validator: { validate: isIssuerName } }, options);

/** The name of a claim, or a list of names that lead to it. */
export const IsClaimPath = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isClaimPath',
      validator: { validate: value => isText(value) || (isStrings(value) && (value as string[]).length > 0) },
    },
    options,
  );

/** A plain object whose values are non-empty strings. */
export const IsStringRecord = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isStringRecord',
      validator: { validate: value => isRecord(value) && isStrings(Object.values(value as object)) },
    },
    options,
  );

/** A plain object whose values are non-empty texts or objects. */
export const IsTextOrObjectRecord = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy({ name: 'isTextOrObjectRecord', validator: { validate: isTextOrObjectRecord } }, options);

/** A list of non-empty texts, or a plain object whose values are objects. */
export const IsNamesOrRecord = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isNamesOrRecord',
      validator: {
        validate: value =>
          Object.keys(Object(value) as object).length > 0 &&
          (Array.isArray(value)
            ? isStrings(value)
            : isTextOrObjectRecord(value) && !Object.values(value as object).some(isText)),
      },
    },
    options,
  );

function isTextOrObjectRecord(value: unknown): boolean {
  return (
    isRecord(value) &&
    Object.values(value as object).every(one => isText(one) || (typeof one === 'object' && one !== null))
  );
}

/** A `Signer`, with the option left out that it stands for. Its key is tested at boot. */
export const IsSigner = (options: ValidationOptions, { insteadOf }: { insteadOf?: string } = {}): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isSigner',
      validator: {
        validate: (value, args) =>
          isSigner(value) &&
          (insteadOf === undefined || (args?.object as Record<string, unknown>)[insteadOf] === undefined),
      },
    },
    options,
  );

/** A plain object without these keys. */
export const HasNoneOf = (keys: readonly string[], options: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    { name: 'hasNoneOf', validator: { validate: value => !keys.some(key => Object.hasOwn(value as object, key)) } },
    options,
  );

/** A plain object whose values are lists of non-empty strings. */
export const IsStringListRecord = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isStringListRecord',
      validator: { validate: value => isRecord(value) && Object.values(value as object).every(isStrings) },
    },
    options,
  );

type OptionClass = new () => object;
interface NestedOption {
  type: OptionClass;
  many: boolean;
  /** A value of this class is taken as it is. */
  except?: abstract new (...parts: never[]) => object;
  /** Whether a text stands for the options: it is taken as it is. */
  orText: boolean;
}
const NESTED = 'eie:nested-options';

/** The property holds options of another class; with `many`, a list or a record of them. */
export function Nested(
  type: OptionClass,
  { many = false, orText = false, except }: Partial<Omit<NestedOption, 'type'>> = {},
): PropertyDecorator {
  return (prototype, property) => {
    const known = nestedOptions(prototype.constructor);
    const nested: NestedOption = { type, many, orText, ...(except && { except }) };
    Reflect.defineMetadata(NESTED, { ...known, [property]: nested }, prototype.constructor);
  };
}

export function nestedOptions(type: object): Record<string, NestedOption> {
  return (Reflect.getMetadata(NESTED, type) ?? {}) as Record<string, NestedOption>;
}

/** The names of the options in an option class, those that it inherits too. */
export function optionNames(type: OptionClass): string[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  return [...new Set(rules.map(({ propertyName }) => propertyName))];
}
