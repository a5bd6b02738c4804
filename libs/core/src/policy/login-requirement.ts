import { EieError, type StepUp } from '../errors.js';
import { type DecidedIdentity } from './policy-question.js';
import { type LoginRequirement, type Requirement } from './requirement.js';

/**
 * @param now seconds since the epoch
 * @returns `insufficient_login` with what the next login must achieve: all that the operation needs, so that one is enough (RFC 9470 §3)
 */
export function unmetLogin(
  { authorization }: DecidedIdentity,
  requirements: readonly Requirement[],
  now: () => number,
): EieError | undefined {
  const logins = requirements.filter(one => one.kind === 'login');
  if (logins.every(one => isMet(one, authorization, now))) return undefined;
  return new EieError('insufficient_login', { stepUp: stepUpFor(logins) });
}

function isMet(
  { acr, maxAge }: LoginRequirement,
  authorization: DecidedIdentity['authorization'],
  now: () => number,
): boolean {
  const { acr: achieved, authenticated_at: at } = authorization;
  const isStrong = acr === undefined || (achieved !== undefined && acr.includes(achieved));
  const isRecent = maxAge === undefined || (at !== undefined && now() - at <= maxAge);
  return isStrong && isRecent;
}

/** Values that every requirement takes, in the order of the first; where there is none, those of the first. */
function stepUpFor(logins: readonly LoginRequirement[]): StepUp {
  const [first, ...others] = logins.flatMap(({ acr }) => (acr ? [acr] : []));
  const shared = first?.filter(value => others.every(one => one.includes(value)));
  const values = shared?.length ? shared : first;
  const ages = logins.flatMap(({ maxAge }) => maxAge ?? []);
  return { ...(values && { acrValues: values.join(' ') }), ...(ages.length && { maxAge: Math.min(...ages) }) };
}
