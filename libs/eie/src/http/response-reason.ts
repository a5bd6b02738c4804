import { type ServerResponse } from 'node:http';
import { type AuditReason } from 'execution-identity';

/**
 * How the audit log names what a closed response says of a call that its handler has not answered. A refusal counts although its client has not
 * read it to the end.
 */
export const reasonOfResponse = ({ statusCode, writableEnded, writableFinished }: ServerResponse): AuditReason =>
  writableFinished || (writableEnded && statusCode >= 400) ? `http_${statusCode}` : 'aborted';
