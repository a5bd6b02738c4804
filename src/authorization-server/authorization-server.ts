import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { configuration, type SelfRegistration } from './configuration.js';
import { tokenExchange } from './exchange.js';
import { interaction } from './interaction.js';
import { completeIntrospection } from './introspection.js';
import { Provider } from './oidc-provider.js';
import { onBehalfOf } from './on-behalf-of.js';
import { type Registrations, Registry } from './registry.js';
import { SigningKey } from './signing-key.js';
import { TokenIssuer, type UserTokenRequest } from './token-issuer.js';

export { ACCESS_TOKEN, TOKEN_EXCHANGE } from './exchange.js';
export { JWT_BEARER } from './on-behalf-of.js';
export type { Account, ClientRegistration, ExchangeMode, ResourceRegistration } from './registry.js';

const LOOPBACK = '127.0.0.1';
const MISDIRECTED = 421;

export interface AuthorizationServerOptions extends Registrations {
  /** 0, the default, takes a free one. */
  port?: number;
  /** Told every access, ID and refresh token, for searches that must not find one. */
  onToken?: (token: string) => void;
  /** Lets clients register themselves, as public ones: dynamically (RFC 7591), or by an address that says who they are. */
  registration?: SelfRegistration;
  /** Binds tokens to the keys of clients that prove one (RFC 9449). */
  dpop?: boolean;
}

export interface AuthorizationServer {
  issuer: string;
  jwksUri: string;
  /** The access token the user would get by logging in, without the browser. */
  mintUserToken(request: UserTokenRequest): string;
  /** The ID token the user would get by logging in. */
  mintIdToken(request: { sub: string; clientId: string }): string;
  /** Signs anything with the server's key: only to make what no authorization server should. */
  sign(claims: object, header?: object): string;
  close(): Promise<void>;
}

/**
 * An OAuth 2.1 authorization server on the loopback interface: authorization code with PKCE and a login page, client
 * credentials, token exchange (RFC 8693), and the on-behalf-of grant of Entra ID. Its access tokens are for one resource
 * each (RFC 8707): JWTs (RFC 9068), or opaque ones where the resource asks what they say (RFC 7662).
 */
export async function startAuthorizationServer(options: AuthorizationServerOptions): Promise<AuthorizationServer> {
  const { port = 0, onToken = () => {} } = options;
  const registry = new Registry(options);
  const key = new SigningKey();

  const server = createServer();
  // Longer than its clients keep a connection: else one that sends just when it closes gets a reset.
  server.keepAliveTimeout = 120_000;
  await once(server.listen(port, LOOPBACK), 'listening');
  const host = `${LOOPBACK}:${(server.address() as AddressInfo).port}`;
  const issuer = `http://${host}`;
  const tokens = new TokenIssuer(issuer, key, registry);

  const provider = new Provider(issuer, configuration(issuer, registry, key, options));
  provider.use(interaction(provider, registry));
  provider.use(completeIntrospection);
  const parts = { issuer, registry, key, tokens };
  provider.registerGrantType(...tokenExchange(parts));
  provider.registerGrantType(...onBehalfOf(parts));
  provider.on('grant.success', ctx => {
    const { access_token, id_token, refresh_token } = ctx.body as Record<string, unknown>;
    for (const token of [access_token, id_token, refresh_token]) if (typeof token === 'string') onToken(token);
  });

  const respond = provider.callback();
  server.on('request', (request, response) => {
    // The addresses in the metadata are made of this header, and a page that rebinds its name to us has another one.
    if (request.headers.host === host) return void respond(request, response);
    response.writeHead(MISDIRECTED).end();
  });

  const told = (token: string): string => {
    onToken(token);
    return token;
  };
  return {
    issuer,
    jwksUri: `${issuer}/jwks`,
    mintUserToken: request => told(tokens.userToken(request)),
    mintIdToken: request => told(tokens.idToken(request)),
    sign: (claims, header) => told(key.sign(claims, header)),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
