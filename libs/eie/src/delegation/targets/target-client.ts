import { type TargetGrant } from 'execution-identity/internal';
import { type IssuerAddress } from '../../issuers/issuer-client.js';
import { type OAuthClient } from '../../issuers/oauth-client.js';

/** This server as the client that gets the tokens of a target. */
export interface TargetClient {
  readonly client: OAuthClient;
  /** Absent as long as the issuer of the target is not known. */
  readonly at?: IssuerAddress;
}

const clients = new WeakMap<TargetGrant, TargetClient>();

/** Stores the client of a target apart from the target, so that code with the target cannot authenticate. */
export function keepClient(target: TargetGrant, client: TargetClient): void {
  clients.set(target, client);
}

/** The client of a target at its issuer. For the token endpoint alone. */
export function clientOf(target: TargetGrant): TargetClient | undefined {
  return clients.get(target);
}
