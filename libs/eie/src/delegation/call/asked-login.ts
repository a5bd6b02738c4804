import { type StepUp } from 'execution-identity';
import { stepUpOf } from '../exchange/step-up.js';

/** Characters of a challenge that are read. */
const MAX_LENGTH = 4096;
/** `name=token`, `name="quoted"`: RFC 9110 §11.2. A name begins where none goes on, or a long one would be read again from each of its letters. */
const PARAMETER = /(?<![\w-])([\w-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/g;

/** Of a login of the user: RFC 9470 §3. */
const OF_LOGIN = 'insufficient_user_authentication';
/** Of the token that was sent, in which Entra ID wants other claims. */
const OF_TOKEN = 'insufficient_claims';

/** Where a call names the user to its target. */
export type NamedUser = 'token' | 'txn_token' | 'nowhere';

/** What an API asks of the next login of the user. */
export interface AskedLogin {
  readonly error: string;
  readonly stepUp: StepUp;
}

/**
 * What a 401 asks of the next login of the user: RFC 9470 §3, and the claims challenge of Entra ID, whose `claims` are in base64. Nothing but
 * the terms that {@link stepUpOf} lets through is kept.
 *
 * @param named how the call named the user: in its token, in the Txn-Token beside one of this server, or not at all
 * @returns `undefined` where it asks for no login that would help, and for claims that no client could ask for
 */
export function askedLogin(
  { status, headers }: Pick<Response, 'status' | 'headers'>,
  named: NamedUser,
): AskedLogin | undefined {
  if (status !== 401 || named === 'nowhere') return undefined;
  const heard = named === 'token' ? [OF_LOGIN, OF_TOKEN] : [OF_LOGIN];
  const parameters = new Map<string, string>();
  for (const [, name, quoted, plain] of (headers.get('www-authenticate') ?? '')
    .slice(0, MAX_LENGTH)
    .matchAll(PARAMETER)) {
    const [key, value] = [name!.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain!];
    if (!parameters.has(key) || (key === 'error' && heard.includes(value))) parameters.set(key, value);
  }
  const [error = '', acr_values, maxAge, claims] = ['error', 'acr_values', 'max_age', 'claims'].map(name =>
    parameters.get(name),
  );
  if (!heard.includes(error)) return undefined;
  const stepUp = stepUpOf({
    acr_values,
    max_age: maxAge && /^\d+$/.test(maxAge) ? Number(maxAge) : undefined,
    claims: error === OF_TOKEN && claims ? Buffer.from(claims, 'base64').toString() : undefined,
  });
  return error === OF_TOKEN && stepUp.claims === undefined ? undefined : { error, stepUp };
}
