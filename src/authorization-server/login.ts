import * as oauth from 'oauth4webapi';
import { Cookies } from './cookies.js';

const MAX_STEPS = 10;
const loopback = { [oauth.allowInsecureRequests]: true };

export interface LoginRequest {
  issuer: string;
  /** A public client of the authorization server. */
  clientId: string;
  redirectUri: string;
  resource: string;
  scope: string;
  sub: string;
  password: string;
}

/** Logs in as a browser would, by authorization code with PKCE, and fills in the login form. */
export async function logIn(request: LoginRequest): Promise<oauth.TokenEndpointResponse> {
  const { issuer, clientId, redirectUri, resource, scope } = request;
  const issuerUrl = new URL(issuer);
  const server = await oauth.processDiscoveryResponse(issuerUrl, await oauth.discoveryRequest(issuerUrl, loopback));
  if (server.authorization_endpoint === undefined) throw new Error(`${issuer} has no authorization endpoint`);

  const client: oauth.Client = { client_id: clientId };
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const start = new URL(server.authorization_endpoint);
  start.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    resource,
    scope,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }).toString();

  const parameters = oauth.validateAuthResponse(server, client, await authorize(start, request), state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    parameters,
    redirectUri,
    verifier,
    { ...loopback, additionalParameters: { resource } },
  );
  return oauth.processAuthorizationCodeResponse(server, client, response);
}

/**
 * Follows the redirects until one leads to the client, and submits the form on the way.
 *
 * @param start the authorization request
 * @returns where the client is called back
 */
export async function authorize(
  start: URL,
  { redirectUri, sub, password }: Pick<LoginRequest, 'redirectUri' | 'sub' | 'password'>,
): Promise<URL> {
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
    if (location !== null) {
      url = new URL(location, url);
      form = undefined;
      if (url.href.startsWith(`${redirectUri}?`)) return url;
      if (url.origin !== start.origin) throw new Error(`the login was redirected to ${url.origin}`);
    } else if (response.ok && form === undefined) {
      form = new URLSearchParams({ username: sub, password });
    } else {
      const refused = form !== undefined && response.status === 403;
      throw new Error(refused ? 'user name or password is wrong' : `the login failed with status ${response.status}`);
    }
  }
  throw new Error(`the login was redirected more than ${MAX_STEPS} times`);
}
