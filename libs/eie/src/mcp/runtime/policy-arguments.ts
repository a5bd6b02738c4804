import { type Diagnostics, EieError } from 'execution-identity';
import { errorName } from 'execution-identity/internal';
import { shownAt } from '../../approvals/shown-value.js';
import { type Authorizer } from '../../authorization/authorizer.js';
import { type JsonSchema } from '../protocol/dto-schema.js';
import { type Execution } from '../../record/execution.js';
import { type RequestRecord } from '../../record/execution-record.js';
import { type McpEntry } from './mcp-entry.js';

type Declared = Pick<Extract<McpEntry, { kind: 'tool' }>, 'kind' | 'options'> | Pick<McpEntry, 'kind'>;

/** The arguments of a tool that a policy engine sees, by name; `undefined` where it sees none. */
export const policyArgumentsOf = (declared: Declared): readonly string[] | undefined =>
  'options' in declared && declared.kind === 'tool' ? declared.options.policyArguments : undefined;

/** What is wrong with them: a name that the input has not would leave the policy without what it decides by. */
export function policyArgumentsProblem(declared: Declared, { properties = {} }: JsonSchema): string | undefined {
  const unknown = policyArgumentsOf(declared)?.find(name => !Object.hasOwn(properties as object, name));
  return unknown === undefined
    ? undefined
    : `policyArguments names "${unknown}", which is no property of its @ToolInput(): name properties of that class.`;
}

/**
 * Asks the policy engine about a call whose arguments it sees, when they are valid: what the tool gets is what the policy decides by.
 *
 * @throws EieError `policy_denied`, recorded; also for what JSON would show otherwise than the tool gets it, such as a `Set` or a bigint that a transformer has made
 */
export async function decideArguments(
  entry: McpEntry,
  input: unknown,
  execution: Execution,
  { admitted }: RequestRecord,
  { authorizer, diagnostics }: { readonly authorizer: Authorizer; readonly diagnostics: Diagnostics },
): Promise<void> {
  let seen: Execution['arguments'];
  try {
    const members = policyArgumentsOf(entry)!.map(name => [name, shownAt([name], input)] as const);
    seen = Object.fromEntries(members.filter(([, value]) => value !== undefined));
  } catch (error) {
    const message = `The arguments of "${execution.handlerName}" that its policy sees are no plain JSON (${errorName(error)}), so the call is denied. Name properties that are: text, numbers, booleans, dates, lists, and objects of these.`;
    diagnostics.report({ level: 'error', message });
    return authorizer.refuse(new EieError('policy_denied'), admitted, execution);
  }
  await authorizer.authorize(admitted, { ...execution, arguments: seen });
}
