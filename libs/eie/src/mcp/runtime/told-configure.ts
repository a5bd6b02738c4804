import { type Diagnostics, EieConfigurationError } from 'execution-identity';
import { errorName } from 'execution-identity/internal';
import { type Configure } from '../mcp.options.js';

/** Milliseconds between two lines. */
const TELL_EVERY = 60_000;

/**
 * Runs `configure` of the application, and tells the operator why it failed, once a minute at most. Every request of the route fails then, and
 * the client is told nothing of the cause. Of an error of the application the line has the name alone, because its message may quote.
 */
export function toldConfigure(configure: Configure, path: string, diagnostics: Diagnostics): Configure {
  let toldAt = -Infinity;
  const tell = (error: unknown): void => {
    const now = performance.now();
    if (now - toldAt < TELL_EVERY) return;
    toldAt = now;
    const cause = error instanceof EieConfigurationError ? error.message : `${errorName(error)}.`;
    const message = `configure() of the MCP route "${path}" failed, so its requests are answered with 500: ${cause}`;
    diagnostics.report({ level: 'error', message });
  };
  return async (server, identity) => {
    try {
      await configure(server, identity);
    } catch (error) {
      tell(error);
      throw error;
    }
  };
}
