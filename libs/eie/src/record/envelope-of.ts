import { type ExecutionContext } from '@nestjs/common';
import { EieError, type ExecutionIdentityEnvelope } from 'execution-identity';
import { assertEnvelope } from 'execution-identity/internal';
import { MCP_CONTEXT } from './carrier.js';
import { recordIn } from './execution-record.js';

/**
 * The identity of the running execution, wherever Nest gives an ExecutionContext.
 *
 * @throws EieError `identity_missing`; `unsupported_context` for anything but an HTTP handler and an MCP execution
 */
export function envelopeOf(context: ExecutionContext): ExecutionIdentityEnvelope {
  const record = recordIn(context);
  if (!record && !['http', MCP_CONTEXT].includes(context.getType<string>())) throw new EieError('unsupported_context');
  return assertEnvelope(record?.envelope);
}
