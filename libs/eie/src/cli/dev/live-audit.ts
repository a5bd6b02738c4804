import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { followAudit } from './audit-watch.js';
import { type DevProject } from './dev-project.js';
import { LiveCalls } from './live-calls.js';
import { type LivePage } from './live-page.js';

const MAX_AGENTS = 100;

/** Shows the calls of the application on the page until the signal aborts. @param say tells the operator that the log cannot be read */
export function followCalls(page: LivePage, signal: AbortSignal, say: (message: string) => void): Promise<void> {
  const { directory } = page.now.audit;
  const calls = new LiveCalls();
  return followAudit(
    directory,
    {
      found: () => {
        if (page.now.audit.state !== 'reading') page.change({ audit: { directory, state: 'reading' } });
      },
      events: events => {
        const changed = new Map(events.flatMap(event => calls.add(event) ?? []).map(call => [call.id, call]));
        if (changed.size) page.changeCalls([...changed.values()], calls.newest);
        noteAgents(
          page,
          [...changed.values()].flatMap(({ agent }) => agent ?? []),
        );
      },
      failed: message => say(`The audit log cannot be read: ${message}`),
    },
    signal,
  );
}

/** Those that tokens have named. */
export function noteAgents(page: LivePage, named: readonly string[]): void {
  const agents = [...new Set([...page.now.agents, ...named])].slice(0, MAX_AGENTS);
  if (agents.length > page.now.agents.length) page.change({ agents });
}

/** A folder for the audit log of this run alone: the one before it is removed. */
export function newAuditFolder({ cache }: DevProject): string {
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(cache))
    if (name.startsWith('audit-')) rmSync(join(cache, name), { recursive: true, force: true });
  return join(cache, `audit-${new Date().toISOString().replace(/\W/g, '')}`);
}
