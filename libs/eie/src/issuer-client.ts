import { importJWK } from 'jose';
import * as oauth from 'oauth4webapi';
import { EieError } from './eie.error.js';
import { type IssuerOptions } from './options/issuer.options.js';

/** This server as a client of one issuer. */
export interface IssuerConnection {
  readonly server: oauth.AuthorizationServer;
  readonly client: oauth.Client;
  readonly auth: oauth.ClientAuth;
}

const TIMEOUT_MS = 5_000;

/** This server as an OAuth client of its issuers. The protocol is oauth4webapi's; metadata is asked for once. */
export class IssuerClient {
  readonly #issuers: ReadonlyMap<string, IssuerOptions>;
  readonly #connections = new Map<string, Promise<IssuerConnection>>();

  constructor(issuers: readonly IssuerOptions[], private readonly fetcher: typeof fetch) {
    this.#issuers = new Map(issuers.map(issuer => [issuer.issuer, issuer]));
  }

  /** @throws EieError `delegation_misconfigured` for an issuer without `client`; whatever oauth4webapi throws for its metadata */
  connect(issuer: string): Promise<IssuerConnection> {
    const known = this.#connections.get(issuer);
    if (known) return known;
    const connection = this.#open(issuer);
    this.#connections.set(issuer, connection);
    connection.catch(() => this.#connections.delete(issuer));
    return connection;
  }

  /** What every request to an issuer is sent with. */
  requestOptions(issuer: string): { [oauth.customFetch]: typeof fetch; [oauth.allowInsecureRequests]: boolean; signal: () => AbortSignal } {
    return {
      [oauth.customFetch]: this.fetcher,
      // Only loopback issuers may be http: the options refuse any other.
      [oauth.allowInsecureRequests]: issuer.startsWith('http:'),
      signal: () => AbortSignal.timeout(TIMEOUT_MS),
    };
  }

  async #open(issuer: string): Promise<IssuerConnection> {
    const configured = this.#issuers.get(issuer);
    if (!configured?.client) throw new EieError('delegation_misconfigured');
    const { clientId, auth } = configured.client;
    return { server: await this.#metadata(configured), client: { client_id: clientId }, auth: await clientAuth(auth) };
  }

  async #metadata({ issuer, metadata = 'discovery' }: IssuerOptions): Promise<oauth.AuthorizationServer> {
    if (metadata !== 'discovery') {
      const { tokenEndpoint, introspectionEndpoint } = metadata;
      return { issuer, token_endpoint: tokenEndpoint, ...(introspectionEndpoint && { introspection_endpoint: introspectionEndpoint }) };
    }
    const url = new URL(issuer);
    return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, this.requestOptions(issuer)));
  }
}

async function clientAuth({ method, key, secret }: NonNullable<IssuerOptions['client']>['auth']): Promise<oauth.ClientAuth> {
  switch (method) {
    case 'private_key_jwt':
      return oauth.PrivateKeyJwt({ key: (await importJWK(key!, key!.alg)) as CryptoKey, ...(key!.kid !== undefined && { kid: key!.kid }) });
    case 'client_secret_basic':
      return oauth.ClientSecretBasic(secret!);
    case 'client_secret_post':
      return oauth.ClientSecretPost(secret!);
  }
}
