import * as oauth from 'oauth4webapi';
import { type Diagnostics, EieError, type Fetch } from 'execution-identity';
import { DocumentFailure, type IssuerEndpoint, strictJsonFetch } from 'execution-identity/internal';
import { IdentityProvider } from '../options/identity-provider.js';
import { type TokenEndpointOptions } from '../options/client.options.js';
import { type IssuerOptions } from '../options/issuer.options.js';
import { unaccompanied } from '../telemetry/without.js';
import { type IssuerDocuments } from './issuer-documents.js';
import { authenticationOf, OAuthClient, problemsOf } from './oauth-client.js';

/** This server as a client of one issuer. */
export interface IssuerConnection {
  readonly server: oauth.AuthorizationServer;
  readonly client: oauth.Client;
  readonly auth: oauth.ClientAuth;
  /** Whether an issuer that does not decode what it gets may refuse this client. */
  readonly isEncoded: boolean;
}

const TIMEOUT_MS = 5_000;

type Needed = Exclude<IssuerEndpoint, 'jwks_uri'>;

/** What is known of an issuer where it is asked. Nothing in it is secret. */
export type IssuerAddress = Pick<IssuerOptions, 'issuer' | 'metadata' | 'provider'>;

/** How an issuer is connected to. */
interface Connecting {
  /** Default: what is configured. */
  readonly at?: IssuerAddress;
  /** Default: the one of the issuer. */
  readonly client?: OAuthClient;
  /** What is asked there. Default: its token endpoint. */
  readonly endpoint?: Needed;
}

let connect: (issuers: IssuerClient, issuer: string, connecting?: Connecting) => Promise<IssuerConnection>;
let problems: (issuers: IssuerClient, further: readonly OAuthClient[]) => Promise<string[]>;

/**
 * This server as an OAuth client of its issuers. oauth4webapi implements the protocol. Responses are parsed as strictly as tokens. No public method authenticates: the library uses {@link connectTo}.
 */
export class IssuerClient {
  readonly #issuers: ReadonlyMap<string, IssuerOptions>;
  readonly #clients: ReadonlyMap<string, OAuthClient>;
  readonly #fetch: Fetch;
  readonly #diagnostics: Diagnostics;
  readonly #documents: IssuerDocuments;

  constructor(
    issuers: readonly IssuerOptions[],
    io: { readonly fetch: Fetch; readonly diagnostics: Diagnostics; readonly documents: IssuerDocuments },
  ) {
    this.#issuers = new Map(issuers.map(issuer => [issuer.issuer, issuer]));
    this.#clients = new Map(
      issuers.flatMap(({ issuer, client }) =>
        client ? [[issuer, new OAuthClient(client, `issuers[${issuer}].client`)]] : [],
      ),
    );
    this.#fetch = strictJsonFetch(unaccompanied(io.fetch));
    this.#diagnostics = io.diagnostics;
    this.#documents = io.documents;
  }

  static {
    connect = (issuers, issuer, connecting) => issuers.#connect(issuer, connecting);
    problems = (issuers, further) => problemsOf([...issuers.#clients.values(), ...further]);
  }

  /** The configured issuers that this server is a client of. */
  get issuers(): string[] {
    return [...this.#clients.keys()];
  }

  /** What every request to an issuer is sent with. */
  requestOptions(): {
    [oauth.customFetch]: (url: string, options: object) => Promise<Response>;
    [oauth.allowInsecureRequests]: boolean;
    signal: () => AbortSignal;
  } {
    return {
      [oauth.customFetch]: (url, options) => this.#fetch(url, options),
      // Options and metadata are checked: http passes on loopback, and at a host that the operator names.
      [oauth.allowInsecureRequests]: true,
      signal: () => AbortSignal.timeout(TIMEOUT_MS),
    };
  }

  async #connect(
    issuer: string,
    { at = this.#issuers.get(issuer), client, endpoint = 'token_endpoint' }: Connecting = {},
  ): Promise<IssuerConnection> {
    const self = client ?? this.#clients.get(issuer);
    if (at?.issuer !== issuer || !self) throw new EieError('delegation_misconfigured');
    return {
      server: await this.#server(at, endpoint),
      client: { client_id: self.clientId },
      auth: authenticationOf(self, {
        audienceOf: server => assertionAudience(server, at),
        diagnostics: this.#diagnostics,
      }),
      isEncoded: self.isEncoded,
    };
  }

  async #server(options: IssuerAddress, needed: Needed) {
    const { issuer, metadata } = options;
    const found = typeof metadata === 'object' ? written(metadata) : await this.#published(options);
    if (found[needed] !== undefined) return { issuer, ...found };
    const fix =
      typeof metadata === 'object'
        ? `issuers[].metadata of ${issuer} must say where its ${needed.replace('_', ' ')} is.`
        : `The metadata of ${issuer} has no "${needed}" with an https URL. Correct it there (behind a proxy, its public address), or give its endpoints as issuers[].metadata.`;
    throw new EieError('delegation_misconfigured', { finding: { claim: needed, fix } });
  }

  async #published(options: IssuerAddress): Promise<Endpoints> {
    const document = this.#documents.of(options);
    try {
      const [token, introspection] = await Promise.all([
        document.find('token_endpoint'),
        document.find('introspection_endpoint'),
      ]);
      return endpoints(token, introspection);
    } catch (error) {
      if (!(error instanceof DocumentFailure)) throw error;
      throw new EieError(error.isOutage ? 'delegation_unavailable' : 'delegation_misconfigured', {
        finding: error.finding,
      });
    }
  }
}

function assertionAudience(
  { issuer, token_endpoint: tokenEndpoint }: oauth.AuthorizationServer,
  { provider }: IssuerAddress,
): string {
  return IdentityProvider.exchangeOf(provider).assertionAudience === 'token_endpoint' ? tokenEndpoint! : issuer;
}

type Endpoints = Pick<oauth.AuthorizationServer, Needed>;

const endpoints = (token: string | undefined, introspection: string | undefined): Endpoints => ({
  ...(token !== undefined && { token_endpoint: token }),
  ...(introspection !== undefined && { introspection_endpoint: introspection }),
});

const written = ({ tokenEndpoint, introspectionEndpoint }: TokenEndpointOptions): Endpoints =>
  endpoints(tokenEndpoint, introspectionEndpoint);

/**
 * The server metadata and client authentication for a request to an issuer.
 *
 * @throws EieError `delegation_misconfigured` for an issuer without `client`, and for metadata that is not there, names another issuer or
 * lacks the endpoint; `delegation_unavailable` when the metadata cannot be had now
 */
export const connectTo: typeof connect = (issuers, issuer, connecting) => connect(issuers, issuer, connecting);

/**
 * The problems with the keys and signers for client authentication, at boot.
 *
 * @param further clients of targets
 */
export const clientProblems: typeof problems = (issuers, further) => problems(issuers, further);
