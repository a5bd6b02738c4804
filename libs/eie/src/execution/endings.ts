import { type ExecutionRecord, type RequestRecord } from '../record/execution-record.js';
import { dropToken } from '../vault/drop-token.js';

/** Ends an execution: nothing more is done in its identity, and its share of the user's token is dropped. */
export function endExecution(record: ExecutionRecord): void {
  record.end();
  if (record.envelope) dropToken(record.envelope);
}

/**
 * Ends a request whose response has closed: the user's token is dropped. A handler that still runs keeps its own share of the token until it
 * ends.
 *
 * @returns the executions that have not ended: nobody waits for their answers any more
 */
export function endRequest(request: RequestRecord): ExecutionRecord[] {
  request.isClosed = true;
  request.answer = undefined;
  dropToken(request.admitted);
  return request.executions.size ? [...request.executions] : [];
}
