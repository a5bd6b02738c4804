import { EieError } from '../errors.js';
import { type IssuerPolicy } from './issuer-policy.js';
import { named } from './spelling.js';

/**
 * Those members of `aud` that are this server's (RFC 7519 §4.1.3, a text or a list), as they are configured. There must be one, and no
 * member that is neither ours nor tolerated: a token for several services can be used at each of them by the others.
 *
 * @throws EieError `audience_refused`
 */
export function ownAudience(
  aud: unknown,
  { audience, furtherAudiences = [], toleratedAudiences }: IssuerPolicy,
): readonly string[] {
  const own = [...audience, ...furtherAudiences];
  const members: unknown[] = [aud].flat();
  const ours = [...new Set(members.flatMap(one => named(own, one) ?? []))];
  const isExpected = (one: unknown): boolean =>
    named(own, one) !== undefined || named(toleratedAudiences, one) !== undefined;
  if (!ours.length || !members.every(isExpected))
    throw new EieError('audience_refused', {
      finding: { claim: 'aud', expected: [...own, ...toleratedAudiences], received: aud },
    });
  return Object.freeze(ours);
}
