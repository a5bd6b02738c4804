import { randomBytes } from 'node:crypto';
import { type ExecutionContext } from '@nestjs/common';
import { type AdmittedIdentity, EieError, type ExecutionIdentityEnvelope } from 'execution-identity';
import { assertEnvelope } from 'execution-identity/internal';

/** The context type of an MCP execution. Its first argument is the trusted call, its second the model's input. */
export const MCP_CONTEXT = 'mcp';

/** The context type of Nest's microservices: input first, call second. Only a call that was decided (`nestjs-eie/mcp-nest`) is an execution. */
const RPC_CONTEXT = 'rpc';

/** What carries an identity: an HTTP request, or the trusted call of an MCP execution. */
export type Carrier = object;

/** The outcome of `decide()` for one execution of one handler. */
export interface CarriedDecision {
  readonly handler: unknown;
  readonly admitted: AdmittedIdentity;
  readonly tool: string;
  readonly traceId: string;
}

const admissions = new WeakMap<Carrier, AdmittedIdentity>();
const decisions = new WeakMap<Carrier, CarriedDecision>();
const envelopes = new WeakMap<Carrier, ExecutionIdentityEnvelope>();
const tools = new WeakMap<ExecutionIdentityEnvelope, string>();
const ended = new WeakSet<ExecutionIdentityEnvelope>();
const failures = new WeakMap<Carrier, EieError>();

/** Whether a context is an MCP execution, on our own runtime or on another whose call was decided. */
export function isMcpExecution(context: ExecutionContext): boolean {
  const type = context.getType<string>();
  return type === MCP_CONTEXT || (type === RPC_CONTEXT && decisions.has(context.getArgByIndex<object>(1)));
}

/** @throws EieError `unsupported_context` for anything but HTTP handlers and MCP executions */
export function carrierOf(context: ExecutionContext): Carrier {
  switch (context.getType<string>()) {
    case 'http':
      return context.switchToHttp().getRequest<object>();
    case MCP_CONTEXT:
      return context.getArgByIndex<object>(0);
    case RPC_CONTEXT:
      if (isMcpExecution(context)) return context.getArgByIndex<object>(1);
      throw new EieError('unsupported_context');
    default:
      throw new EieError('unsupported_context');
  }
}

export function carryAdmission(carrier: Carrier, admitted: AdmittedIdentity): void {
  admissions.set(carrier, admitted);
}

export function admissionOf(carrier: Carrier): AdmittedIdentity | undefined {
  return admissions.get(carrier);
}

export function carryDecision(carrier: Carrier, decision: CarriedDecision): void {
  decisions.set(carrier, decision);
}

/** The decision made for this handler; one made for another handler does not count. */
export function decisionOf(carrier: Carrier, handler: unknown): CarriedDecision | undefined {
  const decision = decisions.get(carrier);
  return decision?.handler === handler ? decision : undefined;
}

export function carryEnvelope(carrier: Carrier, envelope: ExecutionIdentityEnvelope, tool: string): void {
  envelopes.set(carrier, envelope);
  tools.set(envelope, tool);
}

/** How the audit log names the handler that an envelope was issued for. */
export function toolOf(envelope: ExecutionIdentityEnvelope): string | undefined {
  return tools.get(envelope);
}

/** The execution is over: nothing more is done in its identity. */
export function endExecution(envelope: ExecutionIdentityEnvelope): void {
  ended.add(envelope);
}

export function hasEnded(envelope: ExecutionIdentityEnvelope): boolean {
  return ended.has(envelope);
}

export function carriedEnvelope(carrier: Carrier): ExecutionIdentityEnvelope | undefined {
  return envelopes.get(carrier);
}

/** Why an execution ended, kept beside it: the exception filters of Nest's microservices hide it from whoever answers. */
export function carryFailure(context: ExecutionContext, failure: EieError): void {
  if (isMcpExecution(context)) failures.set(carrierOf(context), failure);
}

export function failureOf(carrier: Carrier): EieError | undefined {
  return failures.get(carrier);
}

/** What a boot proof sends to a handler of its own, to learn whether the guard stands before it. The guard marks and refuses it. */
export class GuardProbe {
  isGuarded = false;
}

/** The probe that a message is, if it is one. */
export function probeIn(context: ExecutionContext): GuardProbe | undefined {
  const call = context.getType<string>() === RPC_CONTEXT && context.getArgByIndex<unknown>(1);
  return call instanceof GuardProbe ? call : undefined;
}

/**
 * The identity of the running execution, wherever Nest gives an ExecutionContext.
 *
 * @throws EieError `identity_missing`, `unsupported_context`
 */
export function envelopeOf(context: ExecutionContext): ExecutionIdentityEnvelope {
  return assertEnvelope(carriedEnvelope(carrierOf(context)));
}

/** The W3C trace id of a valid `traceparent` (version 00), else a new one. Chosen by callers: it correlates and proves nothing. */
export function traceIdFrom(traceparent: unknown): string {
  const match =
    typeof traceparent === 'string' ? /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(traceparent) : null;
  const id = match?.[1];
  return id && !/^0+$/.test(id) ? id : randomBytes(16).toString('hex');
}
