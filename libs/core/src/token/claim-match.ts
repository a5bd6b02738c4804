import { type ClaimPath, nameOf, valueAt } from './claim-path.js';
import { type ParsedJws } from './compact-jws.js';

/** Holds when the token has the claim and, where `values` are given, the claim is one of them or a list with one of them. */
export interface ClaimCondition {
  readonly claim: ClaimPath;
  /** Compared with their type: `true` is not `'true'`. */
  readonly values?: readonly (string | number | boolean)[];
}

/** A condition on a claim, and what else must be so. */
export interface ClaimMatch extends ClaimCondition {
  /** The token also has this claim, and it is another text: `{ claim: 'sub', differsFrom: 'client_id' }` is the rule of RFC 9068 §5. */
  readonly differsFrom?: ClaimPath;
  /** And this does not hold: `{ claim: 'is_anonymous', values: [true] }`. */
  readonly unless?: ClaimCondition;
}

/** Whether a claim is the evidence that is asked for. */
export function claimMatches(match: ClaimMatch, claims: ParsedJws['claims']): boolean {
  const { differsFrom, unless } = match;
  if (!holds(match, claims) || (unless && holds(unless, claims))) return false;
  if (differsFrom === undefined) return true;
  const [one, other] = [valueAt(claims, match.claim), valueAt(claims, differsFrom)];
  return typeof one === 'string' && typeof other === 'string' && other !== '' && one !== other;
}

const MAX_VALUES = 5;

/** A condition as an operator reads it: `"typ" (Bearer, DPoP)`. */
export function described({ claim, values, differsFrom, unless }: ClaimMatch): string {
  const some = values && [...values.slice(0, MAX_VALUES), ...(values.length > MAX_VALUES ? ['…'] : [])];
  return [
    `"${nameOf(claim)}"`,
    some && `(${some.join(', ')})`,
    differsFrom !== undefined && `other than "${nameOf(differsFrom)}"`,
    unless && `unless ${described(unless)}`,
  ]
    .filter(Boolean)
    .join(' ');
}

function holds({ claim, values }: ClaimCondition, claims: ParsedJws['claims']): boolean {
  const value = valueAt(claims, claim);
  if (value === undefined || value === '') return false;
  return !values || [value].flat().some(one => values.includes(one as string));
}
