import { type DpopSession } from '@modelcontextprotocol/client';
import { authorize } from '../../../src/authorization-server/login.js';
import { ALICE, CALLBACK, METADATA_DOCUMENT, REGISTERED } from './shop.js';

/** How a client gets known to the authorization server. */
export const REGISTRATIONS = ['dynamic registration', 'a metadata document', 'registration by the operator'] as const;
export type Registration = (typeof REGISTRATIONS)[number];

/** What a host may decide in place of the SDK. */
export interface Choices {
  validateResourceURL?: (url: string | URL, resource?: string) => Promise<URL | undefined>;
  /** The key that tokens are bound to. */
  dpop?: () => DpopSession;
}

/** One request of the client, as it was sent, and how it was answered. */
export interface Exchanged {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string;
  readonly status: number;
  readonly challenge: string | null;
}

interface Tokens {
  access_token: string;
  token_type: string;
  refresh_token?: string | undefined;
  scope?: string | undefined;
}

/**
 * What an MCP host keeps for one user, for the clients of both SDK lines: they find, register, ask and refresh by themselves. Alice signs
 * in at the login page. The wire is watched, and nothing on it is changed.
 */
export class Host {
  readonly wire: Exchanged[] = [];
  /** The authorization requests that Alice was sent to the authorization server with. */
  readonly asked: URLSearchParams[] = [];
  /** What she came back with. */
  callback = new URLSearchParams();
  held: Tokens | undefined;
  readonly provider;
  readonly #kept: Record<'client' | 'verifier' | 'discovery', any>;

  constructor(
    issuer: string,
    private readonly registration: Registration,
    choices: Choices = {},
  ) {
    const kept = (this.#kept = {
      client: registration === 'registration by the operator' ? { client_id: REGISTERED, issuer } : undefined,
      verifier: '',
      discovery: undefined,
    } as Record<'client' | 'verifier' | 'discovery', any>);
    this.provider = {
      redirectUrl: CALLBACK,
      clientMetadata: {
        client_name: 'Assistant',
        redirect_uris: [CALLBACK],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
        application_type: 'native',
      },
      ...(registration === 'a metadata document' && { clientMetadataUrl: METADATA_DOCUMENT }),
      ...choices,
      clientInformation: () => kept.client,
      saveClientInformation: (client: unknown) => void (kept.client = client),
      tokens: () => this.held,
      saveTokens: (tokens: Tokens) => void (this.held = tokens),
      saveCodeVerifier: (verifier: string) => void (kept.verifier = verifier),
      codeVerifier: (): string => kept.verifier,
      saveDiscoveryState: (state: unknown) => void (kept.discovery = state),
      discoveryState: () => kept.discovery,
      redirectToAuthorization: async (start: URL) => {
        this.asked.push(start.searchParams);
        this.callback = (await authorize(start, { redirectUri: CALLBACK, ...ALICE })).searchParams;
      },
    };
  }

  get accessToken(): string {
    if (!this.held) throw new Error('the client holds no token');
    return this.held.access_token;
  }

  /** Puts another access token in the place of the one that the client holds. */
  hold(access_token: string): void {
    this.held = { ...this.held!, access_token };
  }

  /**
   * Makes ready to ask for more scopes. Both SDK lines register with the scopes that they ask for first, and an authorization server may
   * hold a client to those: it registers again. The 1.x line asks nobody as long as it can refresh, with which no scope is gained.
   */
  prepareStepUp({ dropRefreshToken }: { dropRefreshToken: boolean }): void {
    if (this.registration === 'dynamic registration') this.#kept.client = undefined;
    if (dropRefreshToken) this.held = { ...this.held!, refresh_token: undefined };
  }

  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const body = init?.body === undefined || init.body === null ? '' : await request.clone().text();
    const response = await fetch(input, init);
    const { method, headers } = request;
    const challenge = response.headers.get('www-authenticate');
    this.wire.push({ method, url: new URL(request.url), headers, body, status: response.status, challenge });
    return response;
  };
}
