import { type Type } from '@nestjs/common';
import { ValidateBy } from 'class-validator';
import { addMetadata, metadataOf } from './handler-metadata.js';

/** Why an input may name somebody. */
export interface DataSubjectOptions {
  /** Whose data it is, and what allows the call to read or change it. A reviewer reads it. */
  readonly reason: string;
  /** The field is a map, or of unknown type: nobody has declared what it contains. Default: `false`. */
  readonly freeForm?: boolean;
}

/** The same on a method, for fields that no class declares. */
export interface DataSubjectFieldsOptions extends DataSubjectOptions {
  /** Their paths in the input: `customer.userId`, `lines[].userId`; `*` for the whole input where that is a map. */
  readonly fields: readonly [string, ...string[]];
}

/** A declared field of the input of a handler. */
export interface DataSubjectField extends DataSubjectOptions {
  readonly path: string;
}

/** @internal The name of the constraint that carries the declaration: mapped types such as `PartialType()` copy constraints. */
export const DATA_SUBJECT = 'eieDataSubject';

const FIELDS = 'eie:data-subject';

/**
 * The field is data about somebody. The policy of the handler says who may call it for whom; the field never says who acts: that is
 * `@Identity()` alone. An input field that looks like an identity and is not declared stops the application at boot, and so does a map that is
 * not declared with `freeForm`.
 *
 * It authorises nothing and does NOT check the value: the handler, or the API that it calls, decides whether the actor may see this person.
 *
 * @throws TypeError for an empty reason
 * @example class Refund { @DataSubject({ reason: 'Support refunds orders of any customer.' }) @IsString() user_id: string; }
 */
export function DataSubject(options: DataSubjectOptions & { readonly fields?: never }): PropertyDecorator;
/**
 * The same for fields of an input that no class declares: parameters of `nestjs-eie/mcp-nest`, or a class of another package.
 *
 * @example @Tool({ name: 'refund', parameters: Refund }) @DataSubject({ fields: ['user_id'], reason: 'Support refunds orders of any customer.' }) refund() {}
 */
export function DataSubject(options: DataSubjectFieldsOptions): MethodDecorator;
export function DataSubject({
  reason,
  freeForm = false,
  fields,
}: DataSubjectOptions & { readonly fields?: readonly string[] }) {
  if (typeof reason !== 'string' || !reason.trim())
    throw new TypeError('@DataSubject() needs a reason: whose data it is, and what allows the call to use it.');
  const declared: DataSubjectOptions = Object.freeze({ reason, freeForm });
  return (prototype: object, member: string | symbol): void => {
    if (fields)
      addMetadata<DataSubjectField>(
        FIELDS,
        { target: prototype, method: member },
        ...fields.map(path => Object.freeze({ path, ...declared })),
      );
    else
      ValidateBy({ name: DATA_SUBJECT, constraints: [declared], validator: { validate: () => true } })(
        prototype,
        member,
      );
  };
}

/** What `@DataSubject()` on a method declares. */
export const declaredFields = (type: Type, method: string): DataSubjectField[] =>
  metadataOf<DataSubjectField>(FIELDS, type, method);
