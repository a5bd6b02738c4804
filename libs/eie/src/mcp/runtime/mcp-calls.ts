import {
  type ClientCapabilities,
  type ScopeChallenge,
  type ScopeChallengeHandler,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { type AuditRecorder, eieErrorIn, errorName } from 'execution-identity/internal';
import { HttpException } from '@nestjs/common';
import { type Authorizer } from '../../authorization/authorizer.js';
import { type ExecutionLog, reasonOf } from '../../execution/execution-log.js';
import { type Execution, ExecutionRecord } from '../../record/execution-record.js';
import { type Diagnostics, EieError } from 'execution-identity';
import { validateInput } from '../protocol/input-validation.js';
import { withRecordMeta } from '../../record/record-number.js';
import { callDigest, isOfAnotherCall, mcpCall } from './mcp-call.js';
import { type McpEntry } from './mcp-entry.js';
import { type McpRequest, requestOf } from '../protocol/mcp-request.js';
import { type RequestStates } from '../protocol/request-states.js';
import { inputFailure, promptResult, protocolFailure, resourceResult, toolFailure } from '../protocol/mcp-result.js';
import { toolOutput } from '../protocol/tool-output.js';

export interface McpCallsParts {
  readonly authorizer: Authorizer;
  readonly audit: AuditRecorder;
  readonly diagnostics: Diagnostics;
  readonly log: ExecutionLog;
  readonly states: RequestStates;
  /** Whether a result says where its outcome is on the audit log. */
  readonly namesRecords: boolean;
  readonly challengeOf: (refusal: EieError) => string | undefined;
}

/** The calls of one server: each is decided, its input is checked, its handler runs, in the request that brought it. */
export class McpCalls {
  constructor(
    private readonly parts: McpCallsParts,
    private readonly clientCapabilities: () => ClientCapabilities,
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
      return named(result ?? inputFailure(messages));
    } catch (error) {
      return named(toolFailure(error, this.parts.challengeOf));
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
      if (!result) throw new EieError('input_invalid');
      return result;
    } catch (error) {
      throw protocolFailure(error, uri.href, this.parts.challengeOf);
    }
  }

  async prompt(entry: McpEntry, input: unknown, context: ServerContext) {
    try {
      const { result } = await this.#run(entry, input, context, promptResult);
      if (!result) throw new EieError('input_invalid');
      return result;
    } catch (error) {
      throw protocolFailure(error, undefined, this.parts.challengeOf);
    }
  }

  /** The state between two rounds. A handle that was changed, or that belongs to another principal, is refused like input, and recorded. */
  async remembered(state: string, context: ServerContext): Promise<unknown> {
    try {
      return await this.parts.states.find(state, context);
    } catch (error) {
      const request = requestOf(context.http?.authInfo);
      const decision = request.decisions.get(context.mcpReq.id);
      const refusal = error instanceof EieError ? error : new EieError('input_invalid');
      request.accounted.add(context.mcpReq.id);
      const handler = decision instanceof EieError ? undefined : decision?.handlerName;
      await this.#refuseInput(request, handler, refusal);
      throw refusal;
    }
  }

  async #decide(entry: McpEntry, { record, traceId, trace }: McpRequest): Promise<Execution | EieError> {
    const execution = { entry: entry.entry, handlerName: entry.handlerName, traceId, trace };
    try {
      await this.parts.authorizer.authorize(record.admitted, execution);
      return execution;
    } catch (error) {
      if (error instanceof EieError) return error;
      throw error;
    }
  }

  /** The result of the handler, or what is wrong with its input. */
  async #run<Result>(
    entry: McpEntry,
    input: unknown,
    context: ServerContext,
    resultOf: (output: unknown) => Result | Promise<Result>,
    onRecord: (record: ExecutionRecord) => void = () => undefined,
  ): Promise<{ result?: Result; messages: readonly string[] }> {
    const request = requestOf(context.http?.authInfo);
    request.accounted.add(context.mcpReq.id);
    const decision = request.decisions.get(context.mcpReq.id) ?? (await this.#decide(entry, request));
    if (decision instanceof EieError) throw decision;
    const about = (): string => callDigest(entry.handlerName, input);
    const { instance, messages } = isOfAnotherCall(about, context)
      ? { messages: ['the state is of another call'] }
      : await validateInput(entry.dto, input);
    if (messages.length) {
      await this.#refuseInput(request, entry.handlerName);
      return { messages };
    }
    const parts = { states: this.parts.states, clientCapabilities: this.clientCapabilities(), about };
    let made: Result | undefined;
    const record = new ExecutionRecord(decision, request.record, async output => (made = await resultOf(output)));
    record.argsDigest = this.parts.audit.digestOf(input);
    onRecord(record);
    const call = mcpCall(context, parts, record);
    try {
      const output = await entry.invoke(call, instance);
      // What an exception filter of the application answers has not become a result yet.
      return { result: made !== undefined && output === made ? made : await resultOf(output), messages };
    } catch (error) {
      await this.parts.log.endStopped(record, reasonOf(error));
      throw this.#unfiltered(error, record, entry);
    }
  }

  /**
   * What to answer: an exception, or what an exception filter has made of it. A filter that was written for HTTP fails here, since there is
   * no response; then the exception itself counts, so that its code and challenge are not lost.
   */
  #unfiltered(error: unknown, record: ExecutionRecord, { handlerName }: McpEntry): unknown {
    const isOfFilter = error !== record.thrown && !(error instanceof HttpException) && !eieErrorIn(error);
    const cause = record.failure ?? record.thrown;
    if (!isOfFilter || cause === undefined) return error;
    this.parts.diagnostics.report({
      level: 'error',
      message: `An exception filter of the application failed in the MCP call of "${handlerName}" (${errorName(error)}): let it rethrow where host.getType() is not "http".`,
    });
    return cause;
  }

  async #refuseInput(
    { record, traceId }: McpRequest,
    handler: string | undefined,
    reason = new EieError('input_invalid'),
  ): Promise<void> {
    await this.parts.audit.record({
      type: 'input.refused',
      outcome: 'refused',
      subject: record.admitted,
      traceId,
      reason,
      handler,
    });
  }
}
