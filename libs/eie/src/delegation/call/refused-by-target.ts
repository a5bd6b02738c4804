import { type Diagnostics } from 'execution-identity';
import { printable } from 'execution-identity/internal';

/** What was told to an operator, by target and status: as many lines as there are targets, however many calls there are. */
const told = new WeakMap<Diagnostics, Set<string>>();

/**
 * Tells the operator, once for each target and status, that a target refuses this server: a handler that reads such an answer as data
 * would hand it to the model as a success. It changes no answer, and reads nothing of it but the status.
 *
 * @example noteRefusal(diagnostics, 'orders_api', answer)
 */
export function noteRefusal(diagnostics: Diagnostics, target: string, { status }: { readonly status: number }): void {
  const known = told.get(diagnostics) ?? new Set();
  told.set(diagnostics, known);
  if ((status !== 401 && status !== 403) || known.has(`${status} ${target}`)) return;
  known.add(`${status} ${target}`);
  const name = printable(target);
  diagnostics.report({
    level: 'warn',
    message: `${name} has answered ${status} to a delegated call, and the handler got that answer as any other. If it reads it as a result, use .json(path), which rejects every answer but a 2xx; and compare what the API expects with resource, audience and scopes of targets.${name}. This is said once.`,
  });
}
