import { type IssuerPolicy } from './issuer-policy.js';

/** What was reported of the tokens of an issuer, by subject. */
const reported = new WeakMap<IssuerPolicy, Set<string>>();

/**
 * Tells the operator something about the tokens of an issuer, once for each subject: whoever sends many of them fills no log.
 *
 * @param subject never from a token
 * @param message without anything that a token says
 */
export function reportOnce(policy: IssuerPolicy, subject: string, message: string): void {
  const known = reported.get(policy) ?? new Set();
  reported.set(policy, known);
  if (!policy.diagnostics || known.has(subject)) return;
  known.add(subject);
  policy.diagnostics.report({ level: 'warn', message });
}
