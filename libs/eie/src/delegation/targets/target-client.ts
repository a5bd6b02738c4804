import { type TargetGrant } from 'execution-identity/internal';
import { type OAuthClient } from '../../issuers/oauth-client.js';

const clients = new WeakMap<TargetGrant, OAuthClient>();

/** Ties a target to this server as a client of its issuer, which other code that holds the target must not use. */
export function keepClient(target: TargetGrant, client: OAuthClient): void {
  clients.set(target, client);
}

/** This server as a client of the issuer of a target: for the token endpoint alone. */
export function clientOf(target: TargetGrant): OAuthClient | undefined {
  return clients.get(target);
}
