import { type AgentRef, type EffectiveDelegation, EieError } from 'execution-identity';
import {
  actorChain,
  isOpaque,
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
 * receiver verifies it. An opaque token cannot be checked, and is accepted only where no evidence is required.
 *
 * @param now seconds since the epoch
 * @throws EieError `delegated_token_refused`
 */
export function provenToken(answer: TokenAnswer, expected: ExpectedToken, target: Target, now: number): DelegatedToken {
  try {
    const { token, scopes: granted = [], expiresIn } = answer;
    if (token === expected.inbound || !granted.every(scope => expected.scopes.includes(scope))) refuse();
    if (isOpaque(token)) {
      if (target.actEvidence === 'required') refuse();
      return { token, effective: 'unknown', expiresAt: expiresIn === undefined ? 0 : now + expiresIn };
    }
    const { claims } = parseCompactJws(token);
    const expiresAt = seconds(claims, 'exp') ?? 0;
    const audience: unknown[] = [claims.aud].flat();
    const isForTarget =
      claims.iss === target.issuer && audience.length === 1 && named([target.audience], audience[0]) !== undefined;
    const isNarrow = words(claims, target.claims.scope).every(scope => expected.scopes.includes(scope));
    if (!isForTarget || !isNarrow || expiresAt <= now || !isOf(expected.subject, claims, target)) refuse();
    const chain = actorChain(claims.act, target.issuer);
    const isEvidence =
      expected.act.some(one => sameChain(one, chain)) || (target.actEvidence === 'none' && claims.act === undefined);
    if (!isEvidence) refuse();
    return { token, effective: chain.length ? 'delegation' : 'impersonation', expiresAt };
  } catch {
    // A token that cannot be read is refused for the same reason.
    return refuse();
  }
}

function isOf(
  subject: ExpectedToken['subject'],
  claims: ParsedJws['claims'],
  { claims: paths, user }: Target,
): boolean {
  if ('client' in subject)
    return (text(claims, paths.clientId) ?? text(claims, 'sub')) === subject.client && !claimMatches(user, claims);
  const tenant = text(claims, paths.tenant);
  return text(claims, paths.subject) === subject.user && (tenant === undefined || tenant === subject.tenant);
}

function refuse(): never {
  throw new EieError('delegated_token_refused');
}
