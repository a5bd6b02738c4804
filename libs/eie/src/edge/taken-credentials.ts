import { type IncomingMessage } from 'node:http';
import { requests } from './credential-slot.js';
import { assertPassedEdge } from './drop-credentials.js';

/**
 * The credential headers that the edge took off a request: name, value, name, value.
 *
 * @throws EieError `edge_bypassed` for a request that the edge has not seen or has left alone; `edge_failed` for one that it cannot read,
 * `request_malformed` for one that it has refused
 */
export function takenFrom(request: IncomingMessage): readonly string[] {
  assertPassedEdge(request);
  const state = requests.of(request);
  return state?.kind === 'taken' ? state.lines : [];
}
