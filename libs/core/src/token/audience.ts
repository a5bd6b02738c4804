import { EieError } from '../errors.js';
import { type IssuerPolicy } from './issuer-policy.js';

/**
 * Those members of `aud` that are this server's (RFC 7519 §4.1.3, a text or a list). There must be one, and no member that
 * is neither ours nor tolerated: a token for several services can be used at each of them by the others.
 *
 * @throws EieError `audience_refused`
 */
export function ownAudience(
  aud: unknown,
  { audience, furtherAudiences = [], toleratedAudiences }: IssuerPolicy,
): readonly string[] {
  const named: unknown[] = [aud].flat();
  const ours = named.filter(
    (one): one is string => audience.includes(one as string) || furtherAudiences.includes(one as string),
  );
  if (!ours.length || !named.every(one => ours.includes(one as string) || toleratedAudiences.includes(one as string)))
    throw new EieError('audience_refused');
  return Object.freeze(ours);
}
