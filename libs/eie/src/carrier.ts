import { randomBytes } from 'node:crypto';
import { type ExecutionContext } from '@nestjs/common';
import { EieError } from './eie.error.js';
import { assertEnvelope, type ExecutionIdentityEnvelope } from './envelope/execution-identity-envelope.js';
import { type AdmittedIdentity } from './envelope/issue.js';

/** The context type of an MCP execution. Its first argument is the trusted call, its second the model's input. */
export const MCP_CONTEXT = 'mcp';

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

/** @throws EieError `unsupported_context` for anything but HTTP handlers and MCP executions */
export function carrierOf(context: ExecutionContext): Carrier {
  switch (context.getType<string>()) {
    case 'http':
      return context.switchToHttp().getRequest<object>();
    case MCP_CONTEXT:
      return context.getArgByIndex<object>(0);
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

/** How the trail names the handler that an envelope was issued for. */
export function toolOf(envelope: ExecutionIdentityEnvelope): string | undefined {
  return tools.get(envelope);
}

export function carriedEnvelope(carrier: Carrier): ExecutionIdentityEnvelope | undefined {
  return envelopes.get(carrier);
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
  const match = typeof traceparent === 'string' ? /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(traceparent) : null;
  const id = match?.[1];
  return id && !/^0+$/.test(id) ? id : randomBytes(16).toString('hex');
}
