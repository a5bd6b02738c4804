import { type MessageHandler } from '@nestjs/microservices';
import { type McpContext } from '@rekog/mcp-nest';
import { defer, isObservable, lastValueFrom, mergeMap, of, reduce } from 'rxjs';
import { type AuditRecorder, eieErrorIn } from 'execution-identity/internal';
import { type Authorizer } from '../authorization/authorizer.js';
import { carry, ExecutionRecord, type RequestRecord } from '../record/execution-record.js';
import { type ExecutionLog } from '../execution/execution-log.js';
import { traceFrom, traceIdFrom } from '../telemetry/trace.js';
import { EieError } from 'execution-identity';
import { traceFieldsOf } from '../mcp/protocol/mcp-request.js';
import { type InputShapes, inputShapes, undeclaredMembers } from '../mcp/input/closed-input.js';
import { protocolFailure, toolFailure } from '../mcp/protocol/mcp-result.js';
import { type Capability } from './capabilities.js';
import { type Dispatched, dispatchedOf } from './dispatched.js';

export interface ProtectedCallsParts {
  readonly authorizer: Authorizer;
  readonly audit: AuditRecorder;
  readonly log: ExecutionLog;
  /** The `WWW-Authenticate` value of a refusal, where it has one. */
  readonly challengeOf: (refusal: EieError, scheme: RequestRecord['scheme']) => string | undefined;
}

/** Names of undeclared members that a refusal tells. */
const MAX_NAMES = 10;

/** The calls of one server of mcp-nest: each is decided for the user of the request that brought it, before its pipeline starts. */
export class ProtectedCalls {
  /** The messages whose input mcp-nest accepted. */
  readonly #started = new WeakSet<object>();
  readonly #shapes: ReadonlyMap<Capability, InputShapes>;

  constructor(
    readonly capabilities: readonly Capability[],
    private readonly parts: ProtectedCallsParts,
  ) {
    this.#shapes = new Map(capabilities.flatMap(one => (one.input ? [[one, inputShapes(one.input)]] : [])));
  }

  /** Refuses a message that names what its sender may not use, while that can still be an HTTP 403. Decides nothing else. */
  async refuseEarly(message: unknown, { record, headers }: Dispatched): Promise<void> {
    const called = this.calledBy(message);
    if (called)
      await this.parts.authorizer.authorize(record.admitted, {
        entry: called.entry,
        handlerName: called.handlerName,
        traceId: traceIdFrom(headers, traceFieldsOf(message)),
      });
  }

  /** The tool or prompt that a message names. Which resource an URI means, mcp-nest alone knows. */
  calledBy(message: unknown): Capability | undefined {
    const { method, params } = (message ?? {}) as { method?: unknown; params?: { name?: unknown } | null };
    const kind = method === 'tools/call' ? 'tool' : method === 'prompts/get' ? 'prompt' : undefined;
    return kind && this.capabilities.find(one => one.kind === kind && one.name === params?.name);
  }

  /** Decides, carries the decision to the guard of the pipeline, and answers what the library refuses in its own words. */
  async run(
    { mcpMethodRef }: { mcpMethodRef?: unknown },
    input: unknown,
    call: McpContext,
    pipeline: MessageHandler,
  ): Promise<unknown> {
    this.#started.add(call.mcpRequest);
    const capability = this.capabilities.find(one => one.extras.mcpMethodRef === mcpMethodRef);
    const dispatched = dispatchedOf(call.getRawRequest());
    if (dispatched) dispatched.accounted++;
    const trace = traceFrom(dispatched?.headers ?? {}, { ...call.getTraceContext() });
    const { traceId } = trace;
    let record: ExecutionRecord | undefined;
    try {
      if (!capability || !dispatched)
        return await this.parts.authorizer.refuse(new EieError('identity_missing'), null, {
          ...(capability && { handlerName: capability.handlerName }),
          traceId,
        });
      const { entry, handlerName } = capability;
      record = new ExecutionRecord({ entry, handlerName, traceId, trace }, dispatched.record);
      await this.parts.authorizer.authorize(dispatched.record.admitted, record.execution);
      carry(call, record);
      return await answerOf(pipeline, input, call);
    } catch (error) {
      const failure = eieErrorIn(error) ?? record?.failure;
      // The RPC exception filters of Nest have replaced what a guard threw.
      if (record) await this.parts.log.endStopped(record, failure?.code ?? 'http_403');
      if (!failure) throw error;
      const challengeOf = (one: EieError) => this.parts.challengeOf(one, dispatched?.record.scheme ?? 'Bearer');
      if (capability?.kind === 'tool') return toolFailure(failure, challengeOf, capability.declaresOutput);
      throw protocolFailure(failure, undefined, challengeOf);
    }
  }

  /**
   * What is wrong with a message whose arguments its tool or prompt does not declare, recorded. zod would drop them in silence, and mcp-nest
   * reads no arguments of a prompt.
   */
  async refuseUndeclared(request: object, dispatched: Dispatched): Promise<string | undefined> {
    const called = this.calledBy(request);
    const given = (request as { params?: { arguments?: unknown } }).params?.arguments;
    if (!called || typeof given !== 'object' || given === null) return undefined;
    const undeclared = undeclaredMembers(given, this.#shapes.get(called), MAX_NAMES);
    if (!undeclared.length) return undefined;
    await this.#refuseInput(called, request, dispatched);
    return `Invalid parameters: ${undeclared.map(name => `property ${name} should not exist`).join('; ')}`;
  }

  /** mcp-nest checks the input of a tool before its pipeline: what it refuses there is recorded here. */
  async recordRefusedInput(request: object, result: unknown, dispatched: Dispatched): Promise<void> {
    const called = this.calledBy(request);
    if (!called || this.#started.has(request) || !(result as { isError?: boolean } | undefined)?.isError) return;
    await this.#refuseInput(called, request, dispatched);
  }

  async #refuseInput({ handlerName }: Capability, request: object, dispatched: Dispatched): Promise<void> {
    const { record, headers } = dispatched;
    dispatched.accounted++;
    const traceId = traceIdFrom(headers, traceFieldsOf(request));
    await this.parts.audit.record({
      type: 'input.refused',
      outcome: 'refused',
      subject: record.admitted,
      handler: handlerName,
      traceId,
      reason: new EieError('input_invalid'),
    });
  }

  allowsEach({ record }: Dispatched, capabilities: readonly Capability[]): Promise<readonly boolean[]> {
    return this.parts.authorizer.allowsEach(record.admitted, capabilities);
  }
}

/** The first value of the pipeline, once it has ended: mcp-nest would leave it at the first, and the outcome would not be recorded. */
function answerOf(pipeline: MessageHandler, input: unknown, call: McpContext): Promise<unknown> {
  const answer = defer(() => pipeline(input, call) as Promise<unknown>).pipe(
    mergeMap(result => (isObservable(result) ? result : of(result))),
  );
  return lastValueFrom(answer.pipe(reduce((first: unknown) => first)), { defaultValue: undefined });
}
