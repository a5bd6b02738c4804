import { type ExecutionContext } from '@nestjs/common';
import {
  type ClientCapabilities,
  type InputRequest,
  inputRequired,
  type InputRequiredResult,
  type LoggingLevel,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { MCP_CONTEXT } from '../../record/carrier.js';
import { carry, type ExecutionRecord } from '../../record/execution-record.js';
import { Slot } from '../../record/slot.js';
import { EieError, type ExecutionIdentityEnvelope } from 'execution-identity';
import { type KeptApproval } from '../../approvals/approval-rounds.js';
import { digest } from 'execution-identity/internal';
import { question } from '../protocol/mcp-result.js';
import { requestOf } from '../protocol/mcp-request.js';
import { type RequestStates } from '../protocol/request-states.js';

/** The running call that a handler gets by `@ToolCall()`. It gives no access to the transport. */
export interface ToolCall {
  /** Aborts when the client cancels the call or goes away. Hand it to whatever takes long. */
  readonly signal: AbortSignal;
  /**
   * Reports the progress of the call, if the client has asked for it. Await it: it waits for a client that reads slowly, until the call is
   * cancelled or its response closes. From then on it does nothing: a handler is not ended in the middle because nobody listens. See
   * {@link signal}.
   */
  progress(progress: { progress: number; total?: number; message?: string }): Promise<void>;
  /**
   * Sends a log message to a client that wants this level, and waits as {@link progress} does. It needs the `logging` capability, which
   * `configure` must declare.
   */
  log(level: LoggingLevel, data: unknown): Promise<void>;
  /** What the client says it can be asked: `elicitation`, `sampling`, `roots`. */
  readonly clientCapabilities: Readonly<ClientCapabilities>;
  /** What the client answered to {@link requestInput}, by key. It comes from the client: check it as you check any input. */
  readonly inputResponses: Readonly<Record<string, unknown>>;
  /** The state that {@link requestInput} was given in the round before. The state of another principal or handler is refused earlier. */
  state<T>(): T | undefined;
  /**
   * Asks the client for more, and ends this call: return what it returns. The client calls again, with the answers. Build the
   * requests with `inputRequired.elicit()` and its like, from the official SDK.
   *
   * @param state a JSON value, for 10 minutes and for this principal (user, client, agents), this handler and this input alone. The
   * client keeps it encrypted: it can neither read nor change it. It is used once
   * @throws EieError `request_state_unavailable` when what keeps it does not answer. Of a tool that needs an approval also `approval_unavailable`,
   * `limit_reached`, and `approval_unknown` when the approval of the call has expired
   */
  requestInput(requests: Record<string, InputRequest>, state?: unknown): Promise<InputRequiredResult>;
}

/**
 * The trusted first argument of a pipeline. Nest code that looks for "the request" finds it here, so it has the `user` and
 * `headers` that ordinary guards and decorators read, and they may add properties of their own; what the model sent is the second argument.
 */
export interface McpCall {
  /** The tool, `resource:…` or `prompt:…`, as the audit log names it. */
  readonly handler: string;
  readonly headers: Readonly<Record<string, never>>;
  /** The identity of this call, once the guard has issued it. */
  readonly user: ExecutionIdentityEnvelope | undefined;
  readonly signal: AbortSignal;
}

/** Made where a handler asks for it. */
const toolCalls = new Slot<() => ToolCall>();

const NO_HEADERS = Object.freeze({});

interface CallParts {
  readonly states: RequestStates;
  readonly clientCapabilities: ClientCapabilities;
  /** Which call it is, for a state that is to be of this call alone. */
  readonly about: () => string;
  /** Of a call that has used up an approval: keeps it for the next round. */
  readonly keep?: (() => Promise<KeptApproval>) | undefined;
}

export function mcpCall(context: ServerContext, parts: CallParts, record: ExecutionRecord): McpCall {
  const given: McpCall = Object.freeze({
    handler: record.execution.handlerName,
    headers: NO_HEADERS,
    get user() {
      return record.envelope;
    },
    signal: context.mcpReq.signal,
  });
  // What stands here stays. Guards of the application may add what they know, as to any request.
  const call = Object.defineProperties({}, Object.getOwnPropertyDescriptors(given)) as McpCall;
  carry(call, record);
  toolCalls.fill(call, () => toolCall(context, parts));
  return call;
}

/** @throws EieError `unsupported_context` where no MCP call runs */
export function callOf(context: ExecutionContext): ToolCall {
  const call = context.getType<string>() === MCP_CONTEXT ? toolCalls.of(context.getArgByIndex<unknown>(0)) : undefined;
  if (!call) throw new EieError('unsupported_context');
  return call();
}

/** The state names its call, so that an answer for one call cannot be used for another. */
interface Remembered {
  readonly about: string;
  readonly state?: unknown;
  /** Of a call that needs an approval: which one the client was asked for, or which one the call has used up in an earlier round. */
  readonly approval?: { readonly asked: string } | KeptApproval;
}

/**
 * What the client has brought back: the state of an earlier round of the same call.
 *
 * @throws EieError `request_state_unavailable` where it cannot be known
 */
export function remembered({ mcpReq }: ServerContext): Remembered | undefined {
  const known = mcpReq.requestState<Remembered | EieError>();
  if (known instanceof EieError) throw known;
  return known;
}

/** A handler and its input, which are the same in every round of one call. */
export function callDigest(handlerName: string, input: unknown): string {
  const members = Object.entries(Object(input) as object).sort(([one], [other]) => (one < other ? -1 : 1));
  return digest(JSON.stringify([handlerName, members]));
}

export function isOfAnotherCall(about: () => string, context: ServerContext): boolean {
  const known = remembered(context);
  return known !== undefined && known.about !== about();
}

function toolCall(context: ServerContext, { states, clientCapabilities, about, keep }: CallParts): ToolCall {
  const { mcpReq } = context;
  return Object.freeze<ToolCall>({
    signal: mcpReq.signal,
    async progress(progress) {
      const progressToken = mcpReq._meta?.progressToken;
      if (progressToken === undefined || mcpReq.signal.aborted) return;
      await mcpReq.notify({ method: 'notifications/progress', params: { ...progress, progressToken } });
      await whenRead(context);
    },
    async log(level, data) {
      if (mcpReq.signal.aborted) return;
      await mcpReq.log(level, data);
      await whenRead(context);
    },
    clientCapabilities,
    inputResponses: mcpReq.inputResponses ?? {},
    state: <T>() => remembered(context)?.state as T | undefined,
    requestInput: async (inputRequests, state) =>
      question(
        inputRequired({
          inputRequests,
          ...((state !== undefined || keep) && {
            requestState: await states.mint(
              { about: about(), state, ...(keep && { approval: await keep() }) } satisfies Remembered,
              context,
            ),
          }),
        }),
      ),
  });
}

/** Resolves when the client has read what was sent, when the answer has closed, and when the call is cancelled. */
async function whenRead({ http, mcpReq: { signal } }: ServerContext): Promise<void> {
  const unread = requestOf(http?.authInfo).exchange?.unread;
  if (!unread || signal.aborted) return;
  await new Promise<void>(resolve => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done);
    void unread.then(done);
  });
}
