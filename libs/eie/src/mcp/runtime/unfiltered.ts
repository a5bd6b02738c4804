import { HttpException } from '@nestjs/common';
import { isObservable, lastValueFrom } from 'rxjs';
import { type Diagnostics } from 'execution-identity';
import { eieErrorIn, errorName, isInstance } from 'execution-identity/internal';
import { type ExecutionRecord } from '../../record/execution-record.js';

/**
 * What to answer: an exception, or what an exception filter has made of it. A filter that was written for HTTP fails here, since there is
 * no response; then the exception itself counts, so that its code and challenge are not lost.
 */
export function unfiltered(error: unknown, record: ExecutionRecord, diagnostics: Diagnostics): unknown {
  const isOfFilter = error !== record.thrown && !isInstance(error, HttpException) && !eieErrorIn(error);
  const cause = record.failure ?? record.thrown;
  if (!isOfFilter || cause === undefined) return error;
  diagnostics.report({
    level: 'error',
    message: `An exception filter of the application failed in the MCP call of "${record.execution.handlerName}" (${errorName(error)}): let it rethrow where host.getType() is not "http".`,
  });
  return cause;
}

/** What an exception filter answers with: those that Nest has for messages make an observable. */
export const settled = (output: unknown): unknown =>
  isObservable(output) ? lastValueFrom(output, { defaultValue: undefined }) : output;
