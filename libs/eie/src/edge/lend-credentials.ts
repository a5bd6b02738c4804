import { type IncomingMessage } from 'node:http';
import { dropCredentials } from './drop-credentials.js';
import { requests } from './credential-slot.js';
import { removeLines, restoreLines } from './header-views.js';

/**
 * Puts the credentials of a request back while a guard of the application runs, and removes them again. They are dropped afterwards, so a
 * second guard gets none.
 */
export async function lendCredentials<Result>(request: IncomingMessage, run: () => Promise<Result>): Promise<Result> {
  const state = requests.of(request);
  if (state?.kind !== 'taken' || !state.lines.length) return run();
  const { lines } = state;
  restoreLines(request, lines);
  try {
    return await run();
  } finally {
    removeLines(request, (name, value) =>
      lines.some((one, i) => one === value && lines[i - 1]?.toLowerCase() === name),
    );
    dropCredentials(request);
  }
}

/**
 * Drops a credential that was issued for this server: it is never lent. The audience is read from the token WITHOUT verification, which is
 * enough to refuse it. An opaque token does not show its audience.
 *
 * @param resources the identifiers of this server
 */
export function keepOwnTokens(request: IncomingMessage, resources: readonly string[]): void {
  const state = requests.of(request);
  if (state?.kind === 'taken' && state.lines.some(value => isFor(value, resources))) dropCredentials(request);
}

function isFor(value: string, resources: readonly string[]): boolean {
  const [, payload] = value.split('.', 3);
  try {
    const { aud } = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()) as { aud?: unknown };
    return [aud].flat().some(one => resources.includes(one as string));
  } catch {
    return false;
  }
}
