/** Headers that are the library's, or decide where and how the message ends: no credential may set them. */
const NEVER = [
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'txn-token',
  'traceparent',
  'tracestate',
  'baggage',
  'x-actor-sub',
  'x-agent-id',
  'x-delegation-mode',
  'x-trace-id',
];

/** Why a credential cannot set this header. */
export function headerProblem(header: unknown): string | undefined {
  if (typeof header !== 'string' || !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(header))
    return 'must be the name of a header, such as "X-Api-Key"';
  return NEVER.includes(header.toLowerCase())
    ? `${header} is set by the library or by fetch: name another one`
    : undefined;
}
