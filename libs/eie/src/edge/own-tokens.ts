import { type OwnAudiences } from '../http/resources.js';

/** Between the texts of a header that can be a JWT. */
const BETWEEN = /[^\w.-]+/;

/**
 * Whether a token in one of these values was issued for this server. The audience is read WITHOUT verification, which is enough to keep
 * the token from others, in every JWT that a value contains. An opaque token does not show its audience. With an issuer source, every token
 * counts as one of ours that names an issuer which is not configured: its audience may be known to the source alone.
 *
 * @param audiences by which tokens are for this server
 */
export const containOwnToken = (values: readonly string[], audiences: OwnAudiences): boolean =>
  values.some(value =>
    value
      .split(BETWEEN)
      .flatMap(text => text.split('.').slice(1, -1))
      .filter(payload => payload.startsWith('e'))
      .map(claimsIn)
      .some(
        ({ iss, aud }) => [aud].flat().some(one => audiences.includes(one as string)) || isOfSource(iss, audiences),
      ),
  );

const isOfSource = (issuer: unknown, audiences: OwnAudiences): boolean => audiences.mayComeFrom?.(issuer) ?? false;

/** @param payload of a JWT: a JSON object, so its base64url begins with `e` */
function claimsIn(payload: string): { iss?: unknown; aud?: unknown } {
  try {
    return Object(JSON.parse(Buffer.from(payload, 'base64url').toString())) as object;
  } catch {
    return {};
  }
}
