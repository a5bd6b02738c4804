import { type IncomingMessage } from 'node:http';
import { EieError } from 'execution-identity';
import { requests } from './credential-slot.js';
import { scrubEvents } from './event-copies.js';
import { presentedScheme } from './presented-scheme.js';
import { tokensIn } from './take-credentials.js';

/** Drops the credentials of a request: nothing returns them any more. */
export function dropCredentials(request: IncomingMessage): void {
  const state = requests.of(request);
  if (state?.kind !== 'taken') return;
  // A middleware may have put the event of its platform there since the edge looked.
  scrubEvents([request], tokensIn(state.lines));
  requests.fill(request, { kind: 'taken', lines: [], scheme: presentedScheme(request) });
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
