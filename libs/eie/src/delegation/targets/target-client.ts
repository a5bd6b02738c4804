import { type TargetGrant } from 'execution-identity/internal';
import { type OAuthClient } from '../../issuers/oauth-client.js';

const clients = new WeakMap<TargetGrant, OAuthClient>();

/** Stores the client of a target apart from the target, so that code with the target cannot authenticate. */
export function keepClient(target: TargetGrant, client: OAuthClient): void {
  clients.set(target, client);
}

/** The client of a target at its issuer. For the token endpoint alone. */
export function clientOf(target: TargetGrant): OAuthClient | undefined {
  return clients.get(target);
}
