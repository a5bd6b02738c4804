import {
  type AgentRef,
  EieError,
  type EieErrorCode,
  type EnvelopeParts,
  type ExecutionIdentityEnvelope,
  type Shares,
} from 'execution-identity';
import { inboundChain, shareHolder } from 'execution-identity/internal';
import { type HeldToken, openToken } from '../../vault/open-token.js';
import { actorKey, type CacheKey, userKey } from '../exchange/cache-key.js';
import { type DelegatedToken, type ExpectedToken, provenToken } from '../exchange/returned-token.js';
import { type Target } from '../targets/target.js';
import { type TokenCache } from '../exchange/token-cache.js';
import { type TokenAnswer, type TokenClient } from '../exchange/token-client.js';

/** What a mode knows when it gets the credential of one call. */
export interface ModeCall {
  readonly envelope: ExecutionIdentityEnvelope;
  readonly target: Target;
  /** Target ∩ envelope, in the words of the target; never empty. */
  readonly scopes: readonly string[];
  readonly tokens: TokenClient;
  readonly cache: TokenCache;
  /** The exchanges that are being waited for. */
  readonly pending: Shares;
  /** Seconds since the epoch. */
  readonly now: () => number;
}

/** Who calls which target. */
export interface Calling {
  readonly envelope: EnvelopeParts;
  readonly target: Target;
}

/** Whose a token must be, and which actors it may name. */
export type ExpectedParties = Pick<ExpectedToken, 'subject' | 'act'>;

/** One way to call a target, one file each. To add one, add its name to `DELEGATION_MODES` of execution-identity and its file to `MODES`. */
export interface Mode {
  /** What it requests for a user. A mode that has it refuses a service actor. */
  readonly requested?: 'delegation' | 'impersonation';
  /** Whom the access token names, that is sent: another one is refused. */
  parties(calling: Calling): ExpectedParties;
  /** The proven access token to send. @throws EieError */
  obtain(call: ModeCall): Promise<DelegatedToken>;
}

/** What the two modes that act for a user share: they exchange the token of the user at the issuer that minted it. */
export function exchanging(mode: { requested: 'delegation' | 'impersonation'; actsItself: boolean }): Mode {
  const keyOf = (call: ModeCall, subject: HeldToken): CacheKey =>
    userKey(call.envelope, call.target, call.scopes, subject.token);
  const parties = (calling: Calling): ExpectedParties => {
    const { sub: user, tenant } = calling.envelope.actor;
    return {
      subject: { user, ...(tenant !== undefined && { tenant }) },
      act: chains(calling, mode.actsItself),
    };
  };
  return {
    requested: mode.requested,
    parties,
    obtain(call) {
      const { target, scopes, cache, now } = call;
      const inbound = subjectToken(call);
      return cache.get(keyOf(call, inbound), {
        notAfter: inbound.expiresAt,
        ask: () => pending(call, () => (mode.actsItself ? exchangedAsActor(call, inbound) : exchanged(call, inbound))),
        prove: answer => provenToken(answer, { ...parties(call), scopes, inbound: inbound.token }, target, now()),
      });
    },
  };
}

const exchanged = (
  { target, scopes, tokens }: ModeCall,
  subject: HeldToken,
  actor?: DelegatedToken,
): Promise<TokenAnswer> => tokens.exchange(target, scopes, { ...subject, ...(actor && { actorToken: actor.token }) });

/** What an authorization server says that no longer takes the actor token: it may have restarted, or changed its keys. */
const OF_THE_ACTOR: readonly EieErrorCode[] = [
  'delegation_reauthenticate',
  'delegation_denied',
  'delegation_misconfigured',
];

/** With a token of this server as the actor token, where the issuer requires one. One that it may no longer take is replaced, once. */
async function exchangedAsActor(call: ModeCall, subject: HeldToken): Promise<TokenAnswer> {
  const actor = await actorTokenOf(call);
  try {
    return await exchanged(call, subject, actor);
  } catch (error) {
    const isOfActor = actor && error instanceof EieError && OF_THE_ACTOR.includes(error.code);
    if (!isOfActor || !call.cache.drop(actor)) throw error;
    return exchanged(call, subject, await actorTokenOf(call));
  }
}

/** @throws EieError `limit_reached` when the principal waits for as many exchanges as it may */
async function pending<T>({ envelope, pending: shares }: ModeCall, exchange: () => Promise<T>): Promise<T> {
  const release = shares.lease(shareHolder(envelope));
  if (!release) throw new EieError('limit_reached');
  return exchange().finally(release);
}

/** The inbound chain as it is, under this server where it acts itself. */
function chains({ envelope, target }: Calling, actsItself: boolean): AgentRef[][] {
  const inbound = inboundChain(envelope);
  const chain = [...(actsItself ? [{ issuer: target.issuer, sub: target.clientId }] : []), ...inbound];
  const client = { issuer: target.issuer, sub: envelope.agent.client_id };
  return target.exchange.namesClient && !inbound.length ? [chain, [...chain, client]] : [chain];
}

/** @throws EieError `delegation_token_missing` when this execution has no token of the issuer, `identity_expired` when that has expired */
function subjectToken({ envelope, target, now }: ModeCall): HeldToken {
  const held = openToken(envelope, target.issuer);
  if (!held) throw new EieError('delegation_token_missing');
  if (held.expiresAt <= now()) throw new EieError('identity_expired');
  return held;
}

/** The token of this server itself, for an issuer that requires an `actor_token`. It is sent to that issuer alone. */
function actorTokenOf({ target, tokens, cache, now }: ModeCall): Promise<DelegatedToken> | undefined {
  const { actorTokenResource: resource } = target.exchange;
  if (resource === undefined) return undefined;
  return cache.get(actorKey(target, resource), {
    notAfter: Infinity,
    ask: () => tokens.clientCredentials(target, [], resource),
    prove: answer => ({ token: answer.token, effective: 'unknown', expiresAt: now() + (answer.expiresIn ?? 0) }),
  });
}
