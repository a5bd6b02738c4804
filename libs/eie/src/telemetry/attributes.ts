// The conventions for MCP and GenAI are not stable, and their constants move between packages: so the names are kept here.
const MCP_METHOD_NAME = 'mcp.method.name';
const GEN_AI_OPERATION_NAME = 'gen_ai.operation.name';
const GEN_AI_TOOL_NAME = 'gen_ai.tool.name';
const GEN_AI_PROMPT_NAME = 'gen_ai.prompt.name';
const CODE_FUNCTION_NAME = 'code.function.name';
export const GEN_AI_AGENT_ID = 'gen_ai.agent.id';
export const ENDUSER_ID = 'enduser.id';
export const ENDUSER_PSEUDO_ID = 'enduser.pseudo.id';
/** A reason of this library, as in the audit log; never the message of an error. */
export const ERROR_TYPE = 'error.type';
/** `ok`, `failed` or `refused`. */
export const EIE_OUTCOME = 'eie.outcome';
/** Finds the records of the audit log: their `envelope_id`. */
export const EIE_ENVELOPE_ID = 'eie.envelope.id';
export const EIE_TARGET = 'eie.delegation.target';
export const EIE_MODE = 'eie.delegation.mode';
export const EIE_ISSUER = 'eie.issuer';
export const EIE_REASON = 'eie.refusal.reason';
/** The type of the record on the audit log, such as `admission.refused`. */
export const EIE_RECORD = 'eie.record.type';
/** The name of the port, such as `replay`. */
export const EIE_STORE = 'eie.store.name';
/** The method of the port. */
export const EIE_STORE_OPERATION = 'eie.store.operation';

/** Names of handlers and of what is configured, reasons and counts: nothing that a caller chose. */
export type Attributes = Readonly<Record<string, string | number>>;

/** The handler of an execution, by the names that the application declared. */
export interface NamedHandler {
  readonly entry: { readonly name: string };
  /** The MCP tool, `resource:…`, `prompt:…`, or the same as that of the entry. */
  readonly handlerName: string;
}

export interface Described {
  /** MCP: the method and what it names. HTTP: the handler. */
  readonly name: string;
  readonly isMcp: boolean;
  readonly attributes: Attributes;
}

/** What a handler is called in spans and metrics. Every value is a name that the application declared. */
export function described({ entry, handlerName }: NamedHandler): Described {
  const code = { [CODE_FUNCTION_NAME]: entry.name };
  if (handlerName === entry.name) return { name: handlerName, isMcp: false, attributes: code };
  const [, kind, name = ''] = /^(resource|prompt|job):(.*)$/s.exec(handlerName) ?? [];
  if (kind === 'job') return { name: `job ${name}`, isMcp: false, attributes: code };
  if (kind === 'resource') return mcp('resources/read', name, code);
  if (kind === 'prompt') return mcp('prompts/get', name, { ...code, [GEN_AI_PROMPT_NAME]: name });
  const tool = { [GEN_AI_OPERATION_NAME]: 'execute_tool', [GEN_AI_TOOL_NAME]: handlerName };
  return mcp('tools/call', handlerName, { ...code, ...tool });
}

const mcp = (method: string, name: string, attributes: Attributes): Described => ({
  name: `${method} ${name}`,
  isMcp: true,
  attributes: { [MCP_METHOD_NAME]: method, ...attributes },
});
