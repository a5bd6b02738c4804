import { createHash, timingSafeEqual } from 'node:crypto';
import type { ClientMetadata } from 'oidc-provider';

const DEFAULT_LIFETIME = 300;

export interface Account {
  /** Also the user name at the login page. */
  sub: string;
  password: string;
  tenant: string;
  name: string;
  /** A claims request (OIDC Core, section 5.5) that the user has to meet before anybody acts on their behalf. */
  stepUp?: string;
}

export interface ResourceRegistration {
  scopes: string[];
  /** Seconds an access token for this resource lives; 300 by default. */
  lifetime?: number;
  /**
   * Logins and clients get opaque tokens for this resource, which it has to ask about (RFC 7662). Exchanged tokens are
   * JWTs all the same.
   */
  opaque?: boolean;
}

/** OAuth client metadata (RFC 7591), and what this server has to know besides. */
export interface ClientRegistration extends ClientMetadata {
  /** The resource this client itself is: it may exchange tokens that were issued for it. */
  resource_id?: string;
  /** The agent that acts through this client: it becomes the `act` of every user token the client obtains. */
  agent?: { sub: string; profile?: string };
  /** The tenant of the client's own tokens. */
  tenant?: string;
}

export type ExchangeMode = 'delegation' | 'impersonation';

export interface Registrations {
  accounts: Account[];
  /** By resource indicator (RFC 8707). */
  resources: Record<string, ResourceRegistration>;
  clients: ClientRegistration[];
  /** Client id -> resource -> how it may exchange a user's token for that resource. All else is refused. */
  exchange: Record<string, Record<string, ExchangeMode>>;
}

export interface Resource {
  identifier: string;
  scopes: string[];
  lifetime: number;
  opaque: boolean;
}

/** Everything the server was told at its start. */
export class Registry {
  readonly clients: readonly ClientRegistration[];
  /** The scopes of all resources. */
  readonly scopes: readonly string[];
  readonly #accounts: Map<string, Account>;
  readonly #resources: Map<string, Resource>;
  readonly #exchange: Map<string, Map<string, ExchangeMode>>;

  constructor({ accounts, resources, clients, exchange }: Registrations) {
    this.clients = clients;
    this.#accounts = new Map(accounts.map(account => [account.sub, account]));
    this.#resources = new Map(
      Object.entries(resources).map(([identifier, { scopes, lifetime = DEFAULT_LIFETIME, opaque = false }]) => [
        identifier,
        { identifier, scopes, lifetime, opaque },
      ]),
    );
    this.#exchange = new Map(
      Object.entries(exchange).map(([client, targets]) => [client, new Map(Object.entries(targets))]),
    );
    this.scopes = [...new Set([...this.#resources.values()].flatMap(resource => resource.scopes))];
  }

  account(sub: string | undefined): Account | undefined {
    return sub === undefined ? undefined : this.#accounts.get(sub);
  }

  client(clientId: string | undefined): ClientRegistration | undefined {
    return this.clients.find(client => client.client_id === clientId);
  }

  resource(identifier: string): Resource | undefined {
    return this.#resources.get(identifier);
  }

  exchangeMode(clientId: string, target: string): ExchangeMode | undefined {
    return this.#exchange.get(clientId)?.get(target);
  }

  authenticate(sub: string, password: string): Account | undefined {
    const account = this.account(sub);
    const matches = timingSafeEqual(digest(password), digest(account?.password ?? ''));
    return account && matches ? account : undefined;
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
