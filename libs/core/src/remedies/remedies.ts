import { type EieErrorCode, wireOf } from '../reasons.js';
import { ADMISSION } from './admission.js';
import { AUTHORIZATION } from './authorization.js';
import { DELEGATION } from './delegation.js';
import { JOBS } from './jobs.js';
import { type Remedies, type Remedy } from './remedy.js';

const REMEDIES: Remedies = { ...ADMISSION, ...AUTHORIZATION, ...DELEGATION, ...JOBS };

/** What to do about a refusal, and how it is reported. What fails on the side of the server is always an `error`. */
export function remedyOf(code: EieErrorCode): Remedy {
  const { level, fix } = REMEDIES[code];
  return { level: wireOf(code).status >= 500 ? 'error' : level, fix };
}
