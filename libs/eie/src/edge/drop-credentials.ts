import { type IncomingMessage } from 'node:http';
import { EieError } from 'execution-identity';
import { NO_TOKENS, requests } from './credential-slot.js';
import { scrubEvents } from './event-copies.js';
import { presentedScheme } from './presented-scheme.js';

/** Drops the credentials of a request: nothing returns them any more. */
export function dropCredentials(request: IncomingMessage): void {
  const state = requests.of(request);
  if (state?.kind !== 'taken') return;
  // A middleware may have put the event of its platform there since the edge looked.
  scrubEvents([request], state.found);
  requests.fill(request, { kind: 'taken', lines: [], found: NO_TOKENS, scheme: presentedScheme(request) });
}

/**
 * Checks that a request has passed the edge.
 *
 * @throws EieError `edge_bypassed` for a request that the edge has not seen or has left alone; `edge_failed` for one that it cannot read,
 * `request_malformed` for one that it has refused
 */
export function assertPassedEdge(request: IncomingMessage): void {
  const state = requests.of(request);
  if (state?.kind === 'refused') throw state.error;
  const kind = state?.kind;
  if (kind !== 'taken') throw new EieError('edge_bypassed');
}
