import {
  type ClientCapabilities,
  type ScopeChallenge,
  type ScopeChallengeHandler,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { type AuditRecorder } from 'execution-identity/internal';
import { type Approvals } from '../../approvals/approvals.js';
import { type Authorizer } from '../../authorization/authorizer.js';
import { type ExecutionLog, reasonOf } from '../../execution/execution-log.js';
import { type Execution } from '../../record/execution.js';
import { ExecutionRecord, type RequestRecord } from '../../record/execution-record.js';
import { type Diagnostics, EieError } from 'execution-identity';
import { inputError, inputFailure } from '../protocol/input-failure.js';
import { validateInput } from '../protocol/input-validation.js';
import { withRecordMeta } from '../../record/record-number.js';
import { approvalOfAnotherCall, approved, NOT_NEEDED } from './approved-call.js';
import { callDigest, isOfAnotherCall, mcpCall } from './mcp-call.js';
import { type McpEntry } from './mcp-entry.js';
import { type McpRequest, requestOf } from '../protocol/mcp-request.js';
import { decideArguments, policyArgumentsOf } from './policy-arguments.js';
import { type RequestStates } from '../protocol/request-states.js';
import { promptResult, protocolFailure, resourceResult, toolFailure } from '../protocol/mcp-result.js';
import { refuseInput, stateOfCall } from './state-of-call.js';
import { settled, unfiltered } from './unfiltered.js';
import { toolOutput } from '../protocol/tool-output.js';

export interface McpCallsParts {
  readonly authorizer: Authorizer;
  readonly audit: AuditRecorder;
  readonly diagnostics: Diagnostics;
  readonly log: ExecutionLog;
  readonly states: RequestStates;
  readonly approvals: Approvals;
  /** The identifier of the route and its path. */
  readonly route: string;
  /** Whether a result says where its outcome is on the audit log. */
  readonly namesRecords: boolean;
  readonly challengeOf: (refusal: EieError) => string | undefined;
}

/** The calls of one server: each is decided, its input is checked, its handler runs, in the request that brought it. */
export class McpCalls {
  constructor(
    private readonly parts: McpCallsParts,
    private readonly clientCapabilities: (context: ServerContext) => ClientCapabilities,
  ) {}

  /** Decides before the SDK dispatches the call, while a missing scope can still be an HTTP 403. On stdio it is decided when it runs. */
  async decide(
    entry: McpEntry,
    { request, authInfo }: Parameters<ScopeChallengeHandler>[0],
  ): Promise<ScopeChallenge | undefined> {
    const asked = requestOf(authInfo);
    const decision = await this.#decide(entry, asked);
    asked.decisions.set(request.id, decision);
    if (decision instanceof EieError) asked.accounted.add(request.id);
    return decision instanceof EieError && decision.code === 'insufficient_scope'
      ? { scopes: decision.scopes as [string, ...string[]] }
      : undefined;
  }

  /** Records a call of what does not exist. Its name is an input, so it is not recorded. */
  async refuseUnknown({ http, mcpReq }: ServerContext): Promise<void> {
    const { record, traceId, accounted } = requestOf(http?.authInfo);
    accounted.add(mcpReq.id);
    await this.parts.audit.record({
      type: 'mcp.refused',
      outcome: 'refused',
      subject: record.admitted,
      traceId,
      reason: new EieError('handler_unknown'),
    });
  }

  async tool(entry: Extract<McpEntry, { kind: 'tool' }>, input: unknown, context: ServerContext) {
    let record: ExecutionRecord | undefined;
    const named = <Result extends object>(result: Result): Result =>
      this.parts.namesRecords ? withRecordMeta(result, record) : result;
    try {
      const resultOf = (output: unknown) => toolOutput(entry, output, this.parts.diagnostics);
      const { result, messages } = await this.#run(entry, input, context, resultOf, began => (record = began));
      return named(result ?? inputFailure(messages, entry.output !== undefined));
    } catch (error) {
      return named(toolFailure(error, this.parts.challengeOf, entry.output !== undefined));
    }
  }

  async resource(
    entry: Extract<McpEntry, { kind: 'resource' | 'template' }>,
    uri: URL,
    variables: Record<string, unknown>,
    context: ServerContext,
  ) {
    try {
      const resultOf = (output: unknown) => resourceResult(output, uri.href, entry.options.mimeType);
      const { result } = await this.#run(entry, entry.dto ? variables : {}, context, resultOf);
      return result!;
    } catch (error) {
      throw protocolFailure(error, uri.href, this.parts.challengeOf);
    }
  }

  async prompt(entry: McpEntry, input: unknown, context: ServerContext) {
    try {
      const { result } = await this.#run(entry, input, context, promptResult);
      return result!;
    } catch (error) {
      throw protocolFailure(error, undefined, this.parts.challengeOf);
    }
  }

  /** The state between two rounds. */
  remembered(state: string, context: ServerContext): Promise<unknown> {
    return stateOfCall(state, context, this.parts);
  }

  async #decide(entry: McpEntry, { record, traceId, trace }: McpRequest): Promise<Execution | EieError> {
    const execution = { entry: entry.entry, handlerName: entry.handlerName, traceId, trace };
    try {
      const step = policyArgumentsOf(entry) ? 'authorizeRequirements' : 'authorize';
      await this.parts.authorizer[step](record.admitted, execution);
      return execution;
    } catch (error) {
      if (error instanceof EieError) return error;
      throw error;
    }
  }

  /**
   * What was decided before the call was dispatched. It counts once: when the call comes back after its user was asked, it is decided anew, by
   * its own token and by those that have brought the answers.
   */
  async #decided(
    entry: McpEntry,
    request: McpRequest,
    id: string | number,
  ): Promise<{ decision: Execution; records: RequestRecord[] }> {
    let decision = request.begun.has(id) ? undefined : request.decisions.get(id);
    const records = [request, ...(request.answers.get(id) ?? [])].map(({ record }) => record);
    request.begun.add(id);
    request.answers.delete(id);
    for (const record of decision ? [] : records) {
      decision = await this.#decide(entry, { ...request, record });
      if (decision instanceof EieError) break;
    }
    if (decision instanceof EieError) throw decision;
    return { decision: decision!, records };
  }

  /** The result of the handler, or what is wrong with the input of a tool. @throws ProtocolError that says it of another one */
  async #run<Result>(
    entry: McpEntry,
    input: unknown,
    context: ServerContext,
    resultOf: (output: unknown) => Result | Promise<Result>,
    onRecord: (record: ExecutionRecord) => void = () => undefined,
  ): Promise<{ result?: Result; messages: readonly string[] }> {
    const request = requestOf(context.http?.authInfo);
    request.accounted.add(context.mcpReq.id);
    const { decision, records } = await this.#decided(entry, request, context.mcpReq.id);
    const { handlerName } = entry;
    const about = (): string => callDigest(handlerName, input);
    const misused = approvalOfAnotherCall(about, context);
    if (misused)
      return this.parts.authorizer.refuse(misused, request.record.admitted, { handlerName, traceId: request.traceId });
    const { instance, messages } = isOfAnotherCall(about, context)
      ? { messages: ['the state is of another call'] }
      : await validateInput(entry.dto, input, entry.shapes);
    if (messages.length) {
      await refuseInput(this.parts.audit, request, handlerName);
      if (entry.kind !== 'tool') throw inputError(messages);
      return { messages };
    }
    if (policyArgumentsOf(entry))
      for (const record of records) await decideArguments(entry, instance, decision, record, this.parts);
    const parts = { states: this.parts.states, clientCapabilities: this.clientCapabilities(context), about };
    const { approval, keep, question } = entry.entry.approval
      ? await approved({ entry, request, args: input ?? {}, input: instance }, context, { ...this.parts, ...parts })
      : NOT_NEEDED;
    if (question) return { result: question as Result, messages };
    let made: Result | undefined;
    const record = new ExecutionRecord(decision, request.record, async output => (made = await resultOf(output)));
    record.argsDigest = this.parts.audit.digestOf(input);
    if (approval) record.approval = approval;
    onRecord(record);
    const call = mcpCall(context, { ...parts, keep }, record);
    try {
      const output = await entry.invoke(call, instance);
      if (made !== undefined && output === made) return { result: made, messages };
      // An exception filter of the application has answered: what it says has not become a result yet, and it may stand for a guard.
      const answer = await settled(output);
      await this.parts.log.endStopped(record, 'http_403');
      return { result: await resultOf(answer), messages };
    } catch (error) {
      await this.parts.log.endStopped(record, reasonOf(error));
      throw unfiltered(error, record, this.parts.diagnostics);
    }
  }
}
