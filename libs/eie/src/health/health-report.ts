import { type KeyState, type HealthState } from 'execution-identity';
import { worstOf } from 'execution-identity/internal';
import { type AuthorizationServerHealth } from '../delegation/exchange/token-client.js';

/** The keys of one configured issuer. */
export interface KeysHealth {
  readonly issuer: string;
  /** What is verified by them: access tokens, or sealed envelopes at a receiver. */
  readonly verify: 'tokens' | 'envelopes';
  /** `degraded`: the issuer cannot be reached, and its keys are still believed. `down`: its tokens are refused with 503. */
  readonly status: HealthState;
  /** Seconds since the keys were fetched. Absent where they never were, and for keys of the configuration. */
  readonly age?: number;
  /** Seconds for which they are still believed if the issuer cannot be reached. Likewise. */
  readonly usableFor?: number;
}

/** The audit log. */
export interface AuditLogHealth {
  readonly status: HealthState;
  /** The code of what is wrong with it, such as `audit_log_changed` or `ENOSPC`. */
  readonly problem?: string;
}

/** A store of the application outside this process. */
export interface StoreHealth {
  /** The name of the port. */
  readonly store: 'replay' | 'revocation' | 'approvals' | 'requestState' | 'delegatedTokens';
  readonly status: HealthState;
}

/** How the server is, part by part. It names configured issuers, and neither a URL nor a path beside them. */
export interface ServerHealthReport {
  readonly keys: readonly KeysHealth[];
  /** The token endpoints that targets are called through. */
  readonly authorizationServers: readonly AuthorizationServerHealth[];
  readonly auditLog: AuditLogHealth;
  /** Those that instances share. */
  readonly stores: readonly StoreHealth[];
  /** Where there is one. */
  readonly policyEngine?: { readonly status: HealthState };
  /** The key, or the signer, that seals envelopes. Absent where the server seals none. */
  readonly signing?: { readonly status: HealthState };
}

/** @param state of a source that says nothing, `undefined` */
export function keysHealth(
  keys: Pick<KeysHealth, 'issuer' | 'verify'>,
  state: KeyState = { isUsable: true, isIssuerAway: false },
): KeysHealth {
  const { isUsable, isIssuerAway, age, usableFor } = state;
  return {
    ...keys,
    status: isUsable ? (isIssuerAway ? 'degraded' : 'up') : 'down',
    ...(age !== undefined && { age }),
    ...(usableFor !== undefined && { usableFor }),
  };
}

/**
 * `down` where every call is refused: no record can be written, no engine decides, no key verifies, or nobody knows who is revoked. One issuer of several that is away
 * leaves the calls of the others, and a token endpoint or a signer those without a target: `degraded`.
 *
 * @param hasOtherIssuers whether calls are also admitted without these keys: by an issuer source, or by asking about opaque tokens
 */
export function statusOf(report: ServerHealthReport, hasOtherIssuers: boolean): HealthState {
  const { keys, authorizationServers, auditLog, policyEngine, signing, stores } = report;
  const revocation = stores.find(({ store }) => store === 'revocation')?.status ?? 'up';
  const needed = [auditLog.status, policyEngine?.status ?? 'up', revocation];
  const partly = [...keys, ...authorizationServers, ...stores, ...(signing ? [signing] : [])].map(
    ({ status }) => status,
  );
  const isShutOut = (['tokens', 'envelopes'] as const).some(kind => {
    const ofKind = keys.filter(({ verify }) => verify === kind);
    const areDown = ofKind.length > 0 && ofKind.every(({ status }) => status === 'down');
    return areDown && !(kind === 'tokens' && hasOtherIssuers);
  });
  if (isShutOut) return 'down';
  return worstOf([...needed, worstOf(partly) === 'up' ? 'up' : 'degraded']);
}
