/**
 * What sends a request, like the global `fetch`. This library relies on: an answer of any status resolves; `redirect:
 * 'manual'` hands a redirect over, `redirect: 'error'` rejects; an aborted `signal` rejects; the body arrives as a stream.
 */
export type Fetch = typeof globalThis.fetch;
