import { type ClientOptions } from '../../options/client.options.js';
import { type TargetGrant } from 'execution-identity/internal';

const clients = new WeakMap<TargetGrant, ClientOptions>();

/** Ties a target to this server as a client of its issuer, whose secret other code that holds the target must not see. */
export function keepClient(target: TargetGrant, client: ClientOptions): void {
  clients.set(target, client);
}

/** This server as a client of the issuer of a target, with its key or secret: for the token endpoint alone. */
export function clientOf(target: TargetGrant): ClientOptions | undefined {
  return clients.get(target);
}
