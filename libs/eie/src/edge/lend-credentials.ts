import { type IncomingMessage } from 'node:http';
import { dropCredentials } from './drop-credentials.js';
import { requests } from './credential-slot.js';
import { containOwnToken } from './own-tokens.js';
import { Slot } from '../record/slot.js';
import { removeLines, restoreLines } from './header-views.js';

/** How many guards have the credentials of a request at this moment. */
const borrowers = new Slot<number>();

/**
 * Puts the credentials of a request back while a guard of the application runs, and removes them again: whatever the guard has written in
 * their place, too. A message of a gateway and a field of a resolver run the guard again for the same request.
 *
 * A credential that was issued for this server is dropped and never lent: see {@link containOwnToken}. That is decided here, because Nest 11 runs
 * no global guard before the messages of a gateway.
 *
 * Other code that runs at the same time sees them too: a listener that waits, for example. A guard that never settles is never left.
 */
export async function lendCredentials<Result>(request: IncomingMessage, run: () => Promise<Result>): Promise<Result> {
  const state = requests.of(request);
  if (state?.kind !== 'taken' || !state.lines.length) return run();
  const { lines, audiences } = state;
  if (audiences && containOwnToken(lines, audiences())) {
    dropCredentials(request);
    return run();
  }
  const before = borrowers.of(request) ?? 0;
  borrowers.fill(request, before + 1);
  if (before === 0) restoreLines(request, lines);
  try {
    return await run();
  } finally {
    const left = borrowers.of(request)! - 1;
    borrowers.fill(request, left);
    if (left === 0) {
      const names = new Set(lines.filter((_value, i) => i % 2 === 0).map(name => name.toLowerCase()));
      removeLines(request, name => names.has(name.toLowerCase()));
    }
  }
}
