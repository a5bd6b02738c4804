import { type ExecutionRecord, type RequestRecord } from '../record/execution-record.js';
import { dropToken } from '../vault/drop-token.js';

/** Nothing more is done in the identity of the execution, and its share of the user's token is gone. */
export function endExecution(record: ExecutionRecord): void {
  record.end();
  if (record.envelope) dropToken(record.envelope);
}

/**
 * The response of a request has closed: the user's token is gone, and what the guard let in but a later guard refused is over. A handler
 * that still runs keeps its own share of the token until it ends.
 */
export function endRequest({ admitted, executions }: RequestRecord): void {
  dropToken(admitted);
  for (const record of executions) if (record.startedAt === undefined) endExecution(record);
}
