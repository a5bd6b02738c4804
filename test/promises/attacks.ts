import { type Attack, type Running, type Stage } from './application.js';
import { gapAttacks } from './attacks/gaps.js';
import { identityAttacks } from './attacks/identities.js';
import { recordAttacks } from './attacks/records.js';
import { rightAttacks } from './attacks/rights.js';
import { tokenAttacks } from './attacks/tokens.js';

export { NAMED } from './attacks/identities.js';

/** The attacks on all five promises that each application with accounts must stand. */
export function accountAttacks(running: Running, stage: Stage): Attack[] {
  return [
    ...tokenAttacks(running, stage),
    ...identityAttacks(running, stage),
    ...gapAttacks(running, stage),
    ...rightAttacks(running, stage),
    ...recordAttacks(running, stage),
  ];
}
