import { EieError } from '../errors.js';
import { type IssuerPolicy } from './issuer-policy.js';
import { named } from './spelling.js';
import { tenantIn } from './tenant-audience.js';

/** What `aud` says of this server. */
export interface OwnAudience {
  /** As they are configured. */
  readonly audience: readonly string[];
  /** Those that {@link IssuerPolicy.tenantAudience} leads to. */
  readonly tenants: readonly string[];
}

const OF_OTHERS_TOO =
  'The token is for other services too, which could use it here. Have the issuer leave them out, or name them in issuers[].toleratedAudiences.';

const OF_NOBODY =
  'The token names no audience. Have the issuer write the identifier of this server as "aud": some do so only if the client asks for it (RFC 8707 "resource", or "audience"), others only where it is set up for the client or a scope.';

function fixFor(aud: unknown, isOurs: boolean): { readonly fix?: string } {
  if ((aud ?? undefined) === undefined) return { fix: OF_NOBODY };
  return isOurs ? { fix: OF_OTHERS_TOO } : {};
}

/**
 * Those members of `aud` that are this server's (RFC 7519 §4.1.3, a text or a list), as they are configured. There must be one, and no
 * member that is neither ours nor tolerated: a token for several services can be used at each of them by the others.
 *
 * @throws EieError `audience_refused`
 */
export function ownAudience(aud: unknown, policy: IssuerPolicy): OwnAudience {
  const { audience, furtherAudiences = [], toleratedAudiences, tenantAudience } = policy;
  const own = furtherAudiences.length ? [...audience, ...furtherAudiences] : audience;
  // The usual case: one audience, which is ours.
  const exact = audience.find(one => one === aud);
  if (exact !== undefined) return { audience: Object.freeze([exact]), tenants: [] };
  const members: unknown[] = [aud].flat();
  const tenantOf = (one: unknown): string | undefined => tenantAudience && tenantIn(tenantAudience, one);
  const ours = new Set(members.flatMap(one => named(own, one) ?? (tenantOf(one) ? tenantAudience! : [])));
  const isExpected = (one: unknown): boolean =>
    named(own, one) !== undefined || named(toleratedAudiences, one) !== undefined || tenantOf(one) !== undefined;
  if (!ours.size || !members.every(isExpected)) {
    const expected = [...own, ...(tenantAudience === undefined ? [] : [tenantAudience]), ...toleratedAudiences];
    throw new EieError('audience_refused', {
      finding: { claim: 'aud', expected, received: aud, ...fixFor(aud, ours.size > 0) },
    });
  }
  return {
    audience: Object.freeze([...ours]),
    tenants: members.flatMap(one => (named(own, one) === undefined ? (tenantOf(one) ?? []) : [])),
  };
}
