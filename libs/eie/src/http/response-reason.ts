import { type ServerResponse } from 'node:http';
import { type AuditReason } from 'execution-identity';

/** How the audit log names what a closed response says of a call that its handler has not answered. */
export const reasonOfResponse = ({ statusCode, writableEnded }: ServerResponse): AuditReason =>
  writableEnded && statusCode >= 400 ? `http_${statusCode}` : 'aborted';
