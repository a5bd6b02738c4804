/** Failures of oauth4webapi and of the strict reader, by their codes and names: the issuer has answered, but not in the form of a protocol. */
const UNREAD = [
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
  'SyntaxError',
  'RangeError',
];

/** @param status as an operator is told it: an HTTP status, or the code of a failure */
export const isUnread = (status: number | string): boolean => UNREAD.includes(String(status));
