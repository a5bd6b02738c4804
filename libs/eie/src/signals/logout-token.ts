import { type RevokedIdentity } from 'execution-identity';
import { type ParsedJws, text } from 'execution-identity/internal';
import { refusal } from './signed-signal.js';

/** OpenID Connect Back-Channel Logout 1.0 §2.4. */
const LOGOUT = 'http://schemas.openid.net/event/backchannel-logout';

/** Whom a logout ends: the session that it names, or its user in every session. */
export type LogoutEnds = 'session' | 'user';

/**
 * Whose identity a logout token ends: OpenID Connect Back-Channel Logout 1.0 §2.4 and §2.6. Nothing is guessed: with `session`, a token that names
 * `sid` ends that session, and one that names `sub` alone ends the user; with `user` it must name `sub`.
 *
 * @param claims of a verified token
 * @throws EieError `claim_invalid`, `claim_missing`
 */
export function logoutOf(claims: ParsedJws['claims'], issuer: string, ends: LogoutEnds): RevokedIdentity {
  if (Object.hasOwn(claims, 'nonce')) throw refusal('claim_invalid', issuer, 'nonce', { fix: NONCE });
  if (!isLogout(claims.events))
    throw refusal('claim_invalid', issuer, 'events', { fix: `It must name ${LOGOUT}, alone.` });
  const [sub, sid] = [text(claims, 'sub'), text(claims, 'sid')];
  if (sub === undefined && (sid === undefined || ends === 'user'))
    throw refusal('claim_missing', issuer, 'sub', { fix: ends === 'user' ? NO_USER : NOBODY });
  return { issuer, ...(sub !== undefined && { sub }), ...(sid !== undefined && ends === 'session' && { sid }) };
}

const NONCE = 'A logout token has no nonce: this is an ID token, or its issuer confuses the two.';
const NO_USER = 'authorization.signals.logout.ends is "user", so have the provider write "sub" into logout tokens.';
const NOBODY = 'A logout token names "sub", "sid" or both.';

/** One member, whose value is an object. */
function isLogout(events: unknown): boolean {
  const [event, ...others] = Object.entries(Object(events) as Record<string, unknown>);
  const [name, value] = event ?? [];
  return name === LOGOUT && !others.length && typeof value === 'object' && value !== null && !Array.isArray(value);
}
