import { type IncomingMessage } from 'node:http';
import { EieError } from 'execution-identity';
import { requests } from './credential-slot.js';

/** Drops the credentials of a request: nothing returns them any more. */
export function dropCredentials(request: IncomingMessage): void {
  if (requests.of(request)?.kind === 'taken') requests.fill(request, { kind: 'taken', lines: [] });
}

/**
 * Checks that a request has passed the edge.
 *
 * @throws EieError `edge_bypassed` for a request that the edge has not seen or has left alone; `edge_failed` for one that it cannot read
 */
export function assertPassedEdge(request: IncomingMessage): void {
  const kind = requests.of(request)?.kind;
  if (kind !== 'taken') throw new EieError(kind === 'unreadable' ? 'edge_failed' : 'edge_bypassed');
}
