import { importJWK, type JWK } from 'jose';
import * as oauth from 'oauth4webapi';
import { EieError } from 'execution-identity';
import { type ClientOptions } from '../options/client.options.js';
import { IdentityProvider } from '../options/identity-provider.js';
import { type IssuerOptions } from '../options/issuer.options.js';
import { strictJsonFetch } from 'execution-identity/internal';

/** This server as a client of one issuer. */
export interface IssuerConnection {
  readonly server: oauth.AuthorizationServer;
  readonly client: oauth.Client;
  readonly auth: oauth.ClientAuth;
}

const TIMEOUT_MS = 5_000;

/**
 * This server as an OAuth client of its issuers. The protocol is oauth4webapi's; metadata is asked for once, and answers are
 * read as strictly as tokens are.
 */
export class IssuerClient {
  readonly #issuers: ReadonlyMap<string, IssuerOptions>;
  readonly #servers = new Map<string, Promise<oauth.AuthorizationServer>>();
  readonly #auths = new WeakMap<ClientOptions, Promise<oauth.ClientAuth>>();
  readonly #fetch: typeof fetch;

  constructor(issuers: readonly IssuerOptions[], fetcher: typeof fetch) {
    this.#issuers = new Map(issuers.map(issuer => [issuer.issuer, issuer]));
    this.#fetch = strictJsonFetch(fetcher);
  }

  /**
   * @param client default: the one of the issuer
   * @throws EieError `delegation_misconfigured` for an issuer without `client`; whatever oauth4webapi throws for its metadata
   */
  async connect(issuer: string, client = this.#issuers.get(issuer)?.client): Promise<IssuerConnection> {
    const configured = this.#issuers.get(issuer);
    if (!configured || !client) throw new EieError('delegation_misconfigured');
    const auth = this.#auths.get(client) ?? clientAuth(client.auth, server => this.#assertionAudience(server));
    this.#auths.set(client, auth);
    const [server, authentication] = await Promise.all([this.#server(configured), auth]);
    return { server, client: { client_id: client.clientId }, auth: authentication };
  }

  /** What every request to an issuer is sent with. */
  requestOptions(issuer: string): {
    [oauth.customFetch]: typeof fetch;
    [oauth.allowInsecureRequests]: boolean;
    signal: () => AbortSignal;
  } {
    return {
      [oauth.customFetch]: this.#fetch,
      // Only loopback issuers may be http: the options refuse any other.
      [oauth.allowInsecureRequests]: issuer.startsWith('http:'),
      signal: () => AbortSignal.timeout(TIMEOUT_MS),
    };
  }

  #assertionAudience({ issuer, token_endpoint: tokenEndpoint }: oauth.AuthorizationServer): string {
    const { assertionAudience } = IdentityProvider.exchangeOf(this.#issuers.get(issuer)?.provider);
    return assertionAudience === 'token_endpoint' ? tokenEndpoint! : issuer;
  }

  #server(configured: IssuerOptions): Promise<oauth.AuthorizationServer> {
    const known = this.#servers.get(configured.issuer);
    if (known) return known;
    const server = this.#metadata(configured);
    this.#servers.set(configured.issuer, server);
    server.catch(() => this.#servers.delete(configured.issuer));
    return server;
  }

  async #metadata({ issuer, metadata = 'discovery' }: IssuerOptions): Promise<oauth.AuthorizationServer> {
    if (metadata !== 'discovery') {
      const { tokenEndpoint, introspectionEndpoint } = metadata;
      return {
        issuer,
        token_endpoint: tokenEndpoint,
        ...(introspectionEndpoint && { introspection_endpoint: introspectionEndpoint }),
      };
    }
    const url = new URL(issuer);
    return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, this.requestOptions(issuer)));
  }
}

async function clientAuth(
  { method, key, secret }: ClientOptions['auth'],
  audienceOf: (server: oauth.AuthorizationServer) => string,
): Promise<oauth.ClientAuth> {
  switch (method) {
    case 'private_key_jwt':
      return privateKeyJwt(key!, (await importJWK(key!, key!.alg)) as CryptoKey, audienceOf);
    case 'client_secret_basic':
      return oauth.ClientSecretBasic(secret!);
    case 'client_secret_post':
      return oauth.ClientSecretPost(secret!);
  }
}

/** RFC 7523 §2.2. Who knows the certificate of a key, and not the key, finds it by the thumbprint: RFC 7515 §4.1.8. */
function privateKeyJwt(
  { kid, 'x5t#S256': thumbprint }: JWK,
  key: CryptoKey,
  audienceOf: (server: oauth.AuthorizationServer) => string,
): oauth.ClientAuth {
  return (server, ...request) => {
    const assertion: oauth.ModifyAssertionFunction = (header, claims) => {
      if (thumbprint !== undefined) Object.assign(header, { typ: 'JWT', 'x5t#S256': thumbprint });
      claims.aud = audienceOf(server);
    };
    return oauth.PrivateKeyJwt({ key, ...(kid !== undefined && { kid }) }, { [oauth.modifyAssertion]: assertion })(
      server,
      ...request,
    );
  };
}
