import { type ServerContext } from '@modelcontextprotocol/server';
import { EieError } from 'execution-identity';
import { type AuditRecorder } from 'execution-identity/internal';
import { type Authorizer } from '../../authorization/authorizer.js';
import { type McpRequest, requestOf } from '../protocol/mcp-request.js';
import { type RequestStates } from '../protocol/request-states.js';

interface Parts {
  readonly states: RequestStates;
  readonly authorizer: Authorizer;
  readonly audit: AuditRecorder;
}

/**
 * The state that a client brings back to a further round of its call.
 *
 * @returns the refusal `request_state_unavailable`, on the audit log, where a store does not answer: the SDK says of each error here that the state is
 * invalid or has expired, and a client would throw it away. The call is answered with it
 * @throws EieError each on the audit log: `approval_unknown` where the tool needs an approval, else `input_invalid`, for a handle that was changed,
 * has expired, was used or belongs to another principal; `audit_unavailable`
 */
export async function stateOfCall(handle: string, context: ServerContext, parts: Parts): Promise<unknown> {
  try {
    return await parts.states.find(handle, context);
  } catch (error) {
    const request = requestOf(context.http?.authInfo);
    const decision = request.decisions.get(context.mcpReq.id);
    const call = decision instanceof EieError ? undefined : decision;
    const refusal = error instanceof EieError ? error : new EieError('input_invalid');
    request.accounted.add(context.mcpReq.id);
    if (call?.entry.approval && refusal.code === 'input_invalid')
      return parts.authorizer.refuse(new EieError('approval_unknown'), request.record.admitted, call);
    await refuseInput(parts.audit, request, call?.handlerName, refusal);
    if (refusal.code === 'request_state_unavailable') return refusal;
    throw refusal;
  }
}

export const refuseInput = (
  audit: AuditRecorder,
  { record, traceId }: McpRequest,
  handler: string | undefined,
  reason = new EieError('input_invalid'),
): Promise<unknown> =>
  audit.record({ type: 'input.refused', outcome: 'refused', subject: record.admitted, traceId, reason, handler });
