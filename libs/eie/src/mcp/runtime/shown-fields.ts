import { type JsonSchema } from '../protocol/dto-schema.js';
import { type HandlerEntry } from '../../record/handler-entry.js';

type Schema = JsonSchema & {
  readonly properties?: Record<string, Schema>;
  readonly $ref?: string;
  readonly $defs?: Record<string, Schema>;
};

/**
 * What is wrong with the fields that `@RequireApproval()` shows of an input: the approver must see something, and a field that does not exist would
 * be shown as one that was not given.
 */
export function shownFieldProblems({ name, approval }: HandlerEntry, input: JsonSchema): string[] {
  if (!approval) return [];
  const schema: Schema = input;
  if (!approval.show.length && Object.keys(schema.properties ?? {}).length)
    return [
      `${name}: @RequireApproval() shows nothing of the input: name the fields that the approver must see in "show".`,
    ];
  return approval.show
    .filter(path => !isField(path, schema))
    .map(path => `${name}: @RequireApproval() shows "${path}", which is no field of its input: correct "show".`);
}

function isField(path: string, input: Schema): boolean {
  let part: Schema | undefined = input;
  for (const name of path.split('.')) {
    const { properties } = referred(part, input);
    part = properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (!part) return false;
  }
  return true;
}

const referred = (part: Schema, { $defs }: Schema): Schema =>
  (part.$ref !== undefined && $defs?.[part.$ref.slice(part.$ref.lastIndexOf('/') + 1)]) || part;
