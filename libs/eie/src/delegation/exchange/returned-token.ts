import { type AgentRef, type EffectiveDelegation, EieError, type EieErrorCode, type Finding } from 'execution-identity';
import {
  actorChain,
  apart,
  findingOf,
  joseForm,
  MAX_TOKEN_LENGTH,
  named,
  claimMatches,
  parseCompactJws,
  type ParsedJws,
  sameChain,
  seconds,
  text,
  words,
} from 'execution-identity/internal';
import { type Target } from '../targets/target.js';
import { type TokenAnswer } from './token-client.js';

/** What a token must say before it is used, in addition to being for its target. */
export interface ExpectedToken {
  /** Whose it is: a user at the issuer, or this server itself. */
  readonly subject: { readonly user: string; readonly tenant?: string } | { readonly client: string };
  readonly scopes: readonly string[];
  /** The actor chains that it may have, each complete and outermost first. The first is the requested one. */
  readonly act: readonly (readonly AgentRef[])[];
  /** Never this one. */
  readonly inbound?: string;
}

/** A token that passed the check, and until when it may be used. */
export interface DelegatedToken {
  readonly token: string;
  readonly effective: EffectiveDelegation;
  /** Seconds since the epoch; 0 when it is unknown. */
  readonly expiresAt: number;
}

/**
 * Checks a token before it is used. Authorization servers are known to widen scopes, to answer for another audience or user, and to
 * impersonate where delegation was requested. It does NOT verify the signature: the token comes from the token endpoint itself, and the
 * receiver verifies it. An opaque token, or an encrypted one, cannot be checked, and is accepted only where no evidence is required.
 *
 * @param now seconds since the epoch
 * @throws EieError `delegated_token_refused`
 */
export function provenToken(answer: TokenAnswer, expected: ExpectedToken, target: Target, now: number): DelegatedToken {
  try {
    const { token, scopes: granted = [], expiresIn } = answer;
    if (!IS_VISIBLE.test(token)) refuse(UNSENDABLE);
    if (token === expected.inbound) refuse({ fix: 'The token is the one that was sent: it is not exchanged.' });
    if (!granted.every(scope => expected.scopes.includes(scope))) refuse(WIDER);
    if (joseForm(token) !== 'jws') {
      if (target.actEvidence === 'required') refuse(OPAQUE);
      return { token, effective: 'unknown', expiresAt: expiresIn === undefined ? 0 : now + expiresIn };
    }
    const { claims } = parseCompactJws(token);
    const expiresAt = seconds(claims, 'exp');
    const audience: unknown[] = [claims.aud].flat();
    const isForTarget = audience.length === 1 && named([target.audience], audience[0]) !== undefined;
    const isNarrow = words(claims, target.claims.scope).every(scope => expected.scopes.includes(scope));
    if (claims.iss !== target.issuer) refuse({ ...OTHER_ISSUER, expected: target.issuer, received: claims.iss });
    if (!isForTarget)
      refuse({
        claim: 'aud',
        expected: target.audience,
        received: claims.aud,
        fix: `Set "audience" of the target to the one name that the issuer writes for it, or correct what is asked for: "resource".`,
      });
    if (!isNarrow) refuse(WIDER);
    if (expiresAt === undefined) return refuse(NO_EXPIRY);
    if (expiresAt <= now) refuse({ claim: 'exp', fix: apart(expiresAt, now) });
    if (!isOf(expected.subject, claims, target)) refuse('client' in expected.subject ? OTHER_CLIENT : OTHER_SUBJECT);
    if (!isOfTenant(expected.subject, claims, target)) refuse(OTHER_TENANT);
    const chain = actorChain(claims.act, target.issuer);
    const isEvidence =
      expected.act.some(one => sameChain(one, chain)) || (target.actEvidence === 'none' && !chain.length);
    if (!isEvidence) refuse(!chain.length ? NO_ACTOR : target.mode === 'on_behalf_of' ? OTHER_ACTOR : ADDED_ACTOR);
    return {
      token,
      effective: chain.length ? 'delegation' : 'impersonation',
      expiresAt: Math.min(expiresAt, now + (expiresIn ?? Infinity)),
    };
  } catch (error) {
    // A token that cannot be read is refused for the same reason.
    return refuse(error instanceof EieError ? { ...UNREAD[error.code], ...findingOf(error) } : {});
  }
}

function isOf(
  subject: ExpectedToken['subject'],
  claims: ParsedJws['claims'],
  { claims: paths, user }: Target,
): boolean {
  if ('client' in subject)
    return (text(claims, paths.clientId) ?? text(claims, 'sub')) === subject.client && !claimMatches(user, claims);
  return text(claims, paths.subject) === subject.user;
}

/** A token need not name the tenant of its user. */
function isOfTenant(subject: ExpectedToken['subject'], claims: ParsedJws['claims'], target: Target): boolean {
  if ('client' in subject) return true;
  const tenant = text(claims, target.claims.tenant);
  return tenant === undefined || tenant === subject.tenant;
}

function refuse(finding: Finding): never {
  throw new EieError('delegated_token_refused', { finding });
}

/** What a header can carry as one word (RFC 6750 §2.1 asks for less). The platform quotes the rest in an error. */
const IS_VISIBLE = /^[\x21-\x7e]+$/;

const UNSENDABLE = {
  fix: 'The token has a character that no Authorization header can carry (RFC 6750 §2.1): have the issuer write others.',
};
const OTHER_ISSUER = {
  claim: 'iss',
  fix: 'The issuer writes another name where this server asks it: have it write one name whatever its host is called by, or give the endpoint at its public host as issuers[].metadata.',
};
const NO_EXPIRY = { claim: 'exp', fix: 'The token does not say when it expires: have the issuer write "exp".' };
const WIDER = {
  claim: 'scope',
  fix: 'The token has more scopes than were asked for. Take them out of the default scopes of this client at the issuer.',
};
const OPAQUE = {
  fix: 'The token is opaque or encrypted, so it shows no actor. Have the issuer give JWTs for this target; or set its actEvidence to "if-jwt".',
};
const NO_ACTOR = {
  claim: 'act',
  fix: 'The token names no actor. If this issuer never does, set actEvidence of the target to "none"; else allow delegation for this client there.',
};
const OTHER_ACTOR = {
  claim: 'act',
  fix: 'The "act" must be this server, as its client id, over the "act" of the token that was exchanged, and over nothing if that had none: see how the issuer writes it. If it puts the client of that token beneath, set namesClient in "exchange" of the preset, or of defineProvider().',
};
const ADDED_ACTOR = {
  claim: 'act',
  fix: 'The token names other actors than the call has: in this mode, this server is none of them. Have the issuer add none for this target, or give the target the mode on_behalf_of.',
};
const CHAIN = {
  fix: 'Each actor in "act" needs "sub" (RFC 8693 §4.1), and there are four at most, this server among them: a token that names four agents already is exchanged in the mode restricted_user alone.',
};
const UNREAD: Partial<Record<EieErrorCode, Finding>> = {
  actor_chain_refused: CHAIN,
  token_too_large: {
    fix: `The token has more than ${MAX_TOKEN_LENGTH} characters: have the issuer write fewer groups or roles into the tokens of this target.`,
  },
  token_malformed: {
    fix: 'The token looks like a JWT and cannot be read as one (RFC 7519): have the issuer sign it, in the compact serialization, without "crit", "b64" and "zip".',
  },
};
const OTHER_SUBJECT = {
  claim: 'sub',
  fix: 'The token is of another subject than the call. Where a user has another "sub" at each API, set issuers[].claims.subject to a claim that is the same.',
};
const OTHER_TENANT = {
  claim: 'tenant',
  fix: 'The token is of the user, and of another tenant than the call: have the issuer write the same tenant into the tokens of this target, or none.',
};
const OTHER_CLIENT = {
  claim: 'client_id',
  fix: 'The token is not one of this server itself: issuers[].claims.clientId must name the client of the target, and issuers[].actorType must not find a user in it.',
};
