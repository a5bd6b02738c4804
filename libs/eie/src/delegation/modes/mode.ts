import {
  type AgentRef,
  EieError,
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
import { type TokenClient } from '../exchange/token-client.js';

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
  /** The target refused the token: it must not be used again. */
  forget(call: ModeCall, token: DelegatedToken): void;
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
      const { target, scopes, tokens, cache, now } = call;
      const inbound = subjectToken(call);
      return cache.get(keyOf(call, inbound), {
        notAfter: inbound.expiresAt,
        ask: () =>
          pending(call, async () => {
            const actorToken = mode.actsItself ? await actorTokenOf(call) : undefined;
            return tokens.exchange(target, scopes, {
              ...inbound,
              ...(actorToken !== undefined && { actorToken }),
            });
          }),
        prove: answer => provenToken(answer, { ...parties(call), scopes, inbound: inbound.token }, target, now()),
      });
    },
    forget(call, token) {
      const inbound = openToken(call.envelope, call.target.issuer);
      if (inbound) call.cache.drop(keyOf(call, inbound), token);
    },
  };
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
async function actorTokenOf({ target, tokens, cache, now }: ModeCall): Promise<string | undefined> {
  const { actorTokenResource: resource } = target.exchange;
  if (resource === undefined) return undefined;
  const { token } = await cache.get(actorKey(target, resource), {
    notAfter: Infinity,
    ask: () => tokens.clientCredentials(target, [], resource),
    prove: answer => ({ token: answer.token, effective: 'unknown', expiresAt: now() + (answer.expiresIn ?? 0) }),
  });
  return token;
}
