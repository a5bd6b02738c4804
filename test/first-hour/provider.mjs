import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import '../support/quiet-oidc-provider.ts';

const CLIENT = 'desk';
const REDIRECT = 'http://127.0.0.1/callback';

/** An `oidc-provider` on loopback, as its own quick start configures it, but for access tokens that are JWTs. */
export async function startProvider() {
  const { default: Provider } = await import('oidc-provider');
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(url, {
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'first-hour', alg: 'RS256', use: 'sig' }] },
    clients: [
      {
        client_id: CLIENT,
        application_type: 'native',
        redirect_uris: [REDIRECT],
        token_endpoint_auth_method: 'none',
      },
    ],
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    cookies: { keys: ['for this run'] },
    ttl: { AccessToken: 300, Grant: 600, IdToken: 300, Interaction: 300, Session: 600 },
    features: {
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, resource) => ({
          scope: '',
          audience: resource,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
        }),
      },
    },
  });
  const answer = provider.callback();
  server.on('request', (request, response) => void answer(request, response));
  return {
    url,
    accessToken: (user, resource) => login(url, user, resource),
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** What a browser does: the pages of the provider, a form for the login, one for the consent, and the code for a token. */
async function login(issuer, user, resource) {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    client_id: CLIENT,
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope: 'openid',
    resource,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const cookies = new Map();
  const ask = async (url, form) => {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(pair => pair.join('=')).join('; ') },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      cookies.set(name, value);
    }
    await response.arrayBuffer();
    return response.headers.get('location');
  };
  let next = `${issuer}/auth?${query}`;
  for (const form of [{ prompt: 'login', login: user, password: 'any' }, { prompt: 'consent' }]) {
    while (!next.includes('/interaction/')) next = new URL(await ask(next), issuer).href;
    next = new URL(await ask(next, form), issuer).href;
  }
  while (!next.startsWith(REDIRECT)) next = new URL(await ask(next), issuer).href;
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: CLIENT,
      code: new URL(next).searchParams.get('code'),
      redirect_uri: REDIRECT,
      code_verifier: verifier,
      resource,
    }),
  });
  const answer = await response.json();
  if (!answer.access_token) throw new Error(`the provider issues no token: ${answer.error}`);
  return answer.access_token;
}
