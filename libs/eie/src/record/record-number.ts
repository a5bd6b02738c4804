import { type ExecutionRecord } from './execution-record.js';

/** In `_meta` of a tool result (MCP 2026-07-28): where the outcome of the call is on the audit log. */
export const RECORD_META = 'execution-identity/audit-record';
/** The same for the answer of an HTTP handler: `<log>#<number>`. */
export const RECORD_HEADER = 'Audit-Record';

/** With the place of its outcome, if the log has told it. A receipt for it can be had from whoever has the log. */
export function withRecordMeta<Result extends { _meta?: object | undefined }>(
  result: Result,
  record: ExecutionRecord | undefined,
): Result {
  const position = record?.outcome?.position;
  return position
    ? { ...result, _meta: { ...result._meta, [RECORD_META]: { log: position.log, seq: position.seq } } }
    : result;
}

export function recordHeader({ outcome }: ExecutionRecord): string | undefined {
  return outcome?.position && `${outcome.position.log}#${outcome.position.seq}`;
}
