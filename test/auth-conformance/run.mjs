import { checks as challenges } from './checks/challenges.mjs';
import { checks as claims } from './checks/claims.mjs';
import { checks as dpop } from './checks/dpop.mjs';
import { checks as handles } from './checks/handles.mjs';
import { checks as identity } from './checks/identity.mjs';
import { checks as lists } from './checks/lists.mjs';
import { checks as metadata } from './checks/metadata.mjs';
import { checks as passthrough } from './checks/passthrough.mjs';
import { checks as presence } from './checks/presence.mjs';
import { checks as refusals } from './checks/refusals.mjs';
import { checks as requestState } from './checks/request-state.mjs';
import { checks as scopes } from './checks/scopes.mjs';
import { checks as sessions } from './checks/sessions.mjs';
import { checks as signatures } from './checks/signatures.mjs';
import { checks as streams } from './checks/streams.mjs';
import { checks as transport } from './checks/transport.mjs';
import { readConfig } from './config.mjs';
import { NotTestable, Unmet } from './outcome.mjs';
import { Subject } from './subject.mjs';
import { startCanary } from './wire/canary.mjs';

/** In the order in which they run. */
export const CHECKS = [
  ...metadata,
  ...challenges,
  ...presence,
  ...claims,
  ...signatures,
  ...dpop,
  ...scopes,
  ...identity,
  ...sessions,
  ...handles,
  ...requestState,
  ...lists,
  ...passthrough,
  ...transport,
  ...streams,
  ...refusals,
];

/**
 * Every check against one server.
 *
 * @param url of its MCP endpoint @param raw the config, as its file says it @param canary one that runs already @param only ids of checks
 * @returns {Promise<{ target: string, checks: object[], summary: { success: number, failure: number, warning: number, skipped: number } }>}
 */
export async function runSuite(url, raw, { canary: given, only } = {}) {
  const config = await readConfig(url, raw);
  const canary = given ?? (await startCanary(config.canary));
  try {
    const subject = new Subject(config, canary);
    const checks = [];
    for (const check of CHECKS.filter(({ id }) => only?.includes(id) ?? true))
      checks.push(await resultOf(check, subject));
    const count = status => checks.filter(check => check.status === status).length;
    return {
      target: url,
      checks,
      summary: {
        success: count('SUCCESS'),
        failure: count('FAILURE'),
        warning: count('WARNING'),
        skipped: count('SKIPPED'),
      },
    };
  } finally {
    if (!given) canary.close();
  }
}

/** The result of one check in the form of the official suite's `checks.json`. */
async function resultOf({ run, level, ...described }, subject) {
  const result = (status, { details, errorMessage }) => ({
    ...described,
    metadata: { level },
    status,
    timestamp: new Date().toISOString(),
    ...(details && { details }),
    ...(errorMessage && { errorMessage }),
  });
  try {
    return result('SUCCESS', { details: await run(subject) });
  } catch (error) {
    if (error instanceof NotTestable) return result('SKIPPED', { errorMessage: error.message });
    if (error instanceof Unmet)
      return result((error.level ?? level) === 'MUST' ? 'FAILURE' : 'WARNING', {
        details: error.details,
        errorMessage: error.message,
      });
    return result('FAILURE', { errorMessage: `the check broke off: ${error.message}` });
  }
}
