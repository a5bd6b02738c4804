import {
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import { Cookies } from '../authorization-server/cookies.js';
import { ACCOUNTS, REDIRECT_URI } from '../shop/registrations.js';

const MAX_STEPS = 10;

/** What came of the first login. */
type Login = Required<Pick<StoredOAuthTokens, 'issuer' | 'access_token' | 'scope'>>;

/** What an MCP host keeps for a user who has logged in, and who logs in again without a browser. */
export class SignedIn implements OAuthClientProvider {
  readonly redirectUrl = REDIRECT_URI;
  readonly clientMetadata = { redirect_uris: [REDIRECT_URI] };
  /** What the authorization server sent the user back with. */
  callback = new URLSearchParams();
  #tokens: StoredOAuthTokens;
  #verifier = '';
  #discovery: OAuthDiscoveryState | undefined;

  constructor(
    private readonly sub: string,
    private readonly clientId: string,
    private readonly login: Login,
  ) {
    this.#tokens = { ...login, token_type: 'Bearer' };
  }

  clientInformation = () => ({ client_id: this.clientId, issuer: this.login.issuer });
  tokens = () => this.#tokens;
  saveTokens = (tokens: StoredOAuthTokens) => void (this.#tokens = tokens);
  saveCodeVerifier = (verifier: string) => void (this.#verifier = verifier);
  codeVerifier = () => this.#verifier;
  saveDiscoveryState = (state: OAuthDiscoveryState) => void (this.#discovery = state);
  discoveryState = () => this.#discovery;

  async redirectToAuthorization(start: URL): Promise<void> {
    const { password = '' } = ACCOUNTS.find(({ sub }) => sub === this.sub) ?? {};
    const cookies = new Cookies();
    let url = start;
    let form: URLSearchParams | undefined;
    for (let step = 0; step < MAX_STEPS; step++) {
      const response = await fetch(url, {
        redirect: 'manual',
        headers: cookies.header(url),
        ...(form && { method: 'POST', body: form }),
      });
      await response.body?.cancel();
      cookies.store(response);
      const location = response.headers.get('location');
      form = location === null ? new URLSearchParams({ username: this.sub, password }) : undefined;
      url = location === null ? url : new URL(location, url);
      if (url.href.startsWith(`${REDIRECT_URI}?`)) return void (this.callback = url.searchParams);
    }
    throw new Error(`the login of ${this.sub} did not lead back to the client`);
  }
}
