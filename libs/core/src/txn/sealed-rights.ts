import { EieError } from '../errors.js';
import { type Delegation, type EnvelopeParts } from '../identity/execution-identity-envelope.js';
import { type DecodedEnvelope } from './envelope-codec.js';

/**
 * Checks which services a sealed envelope names, however it was written: each of them once, and every one after the first with scopes
 * of its own. Without them, the scopes of the first service would be all that there is to take.
 *
 * @throws EieError `txn_token_invalid`
 */
export function checkServices({ allowed, onward = {} }: Delegation): void {
  const [, ...further] = allowed;
  const named = Object.entries(onward);
  const isPaired =
    named.length === further.length &&
    named.every(([service, scopes]) => further.includes(service) && scopes.length > 0) &&
    new Set(allowed).size === allowed.length;
  if (!isPaired) throw new EieError('txn_token_invalid');
}

/**
 * Checks that what carries an approval reaches one service, once: the word of a person about one call is for nobody behind that service, and is
 * not to be replayed.
 *
 * @throws EieError `txn_token_invalid`
 */
export function checkApproval({ parts, singleUseId }: DecodedEnvelope): void {
  if (parts.approval && (parts.delegation.allowed.length !== 1 || singleUseId === undefined))
    throw new EieError('txn_token_invalid');
}

/** The scopes that a sealed envelope gives to one service. They are the same whoever calls it. */
export function sealedScopes({ authorization, delegation }: EnvelopeParts, service: string): readonly string[] {
  if (service === delegation.allowed[0]) return authorization.scopes;
  return onwardScopes(delegation, service) ?? [];
}

/** The scopes that may be used at a service that is named onward; `undefined` where it is not. */
export function onwardScopes({ onward }: Delegation, service: string): readonly string[] | undefined {
  return onward?.[service];
}
