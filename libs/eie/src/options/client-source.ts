import { type ClientOptions } from './client.options.js';

/** Which client is asked for. All of it is configured or verified; nothing is from a model. */
export interface ClientQuestion {
  /** At which this server is to be a client: one that `issuers` accepts. */
  readonly issuer: string;
  /** Of the actor, where its token names one. */
  readonly tenant?: string;
  /** The name of the target. */
  readonly target: string;
  /** Aborts when the answer would be too late: after 2 seconds. */
  readonly signal: AbortSignal;
}

/**
 * This server as a client of issuers that come and go, such as one registration for each tenant. Extend it, and give an instance as
 * `ports.clients`. It is asked where neither the issuer nor the target says a `client`, once a minute at most for each issuer, tenant and
 * target. Whoever holds the instance can ask for secrets: provide it to nobody.
 *
 * @example
 * class TenantClients extends ClientSource {
 *   async find({ issuer, signal }: ClientQuestion) {
 *     const secret = await this.#vault.read(issuer, { signal });
 *     return secret && { clientId: secret.clientId, auth: { method: 'client_secret_basic' as const, secret: secret.value } };
 *   }
 * }
 */
export abstract class ClientSource {
  /** @returns the client at exactly that issuer; `undefined` where there is none, which refuses the call with `delegation_misconfigured` */
  abstract find(question: ClientQuestion): Promise<ClientOptions | undefined>;
}
