import { type OwnAudiences } from '../http/resources.js';

/** Between the texts of a header that can be a JWT. */
const BETWEEN = /[^\w.-]+/;

/**
 * Whether a token in one of these values was issued for this server. The audience is read WITHOUT verification, which is enough to keep
 * the token from others, in every JWT that a value contains. An opaque token does not show its audience.
 *
 * @param audiences by which tokens are for this server
 */
export const containOwnToken = (values: readonly string[], audiences: OwnAudiences): boolean =>
  values.some(value =>
    value
      .split(BETWEEN)
      .flatMap(text => text.split('.').slice(1, -1))
      .filter(payload => payload.startsWith('e'))
      .some(payload => [audienceIn(payload)].flat().some(one => audiences.includes(one as string))),
  );

/** @param payload of a JWT: a JSON object, so its base64url begins with `e` */
function audienceIn(payload: string): unknown {
  try {
    return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { aud?: unknown } | null)?.aud;
  } catch {
    return undefined;
  }
}
