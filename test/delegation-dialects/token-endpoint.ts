import { createPublicKey } from 'node:crypto';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { decodeProtectedHeader, type JWK, type JWTPayload, jwtVerify } from 'jose';
import { type ClientOptions } from 'nestjs-eie';
import { startLoopback } from '../support/loopback.js';

/** What a client sent, word for word, and how it proved itself. */
export interface TokenRequest {
  parameters: Record<string, string>;
  client: { id: string; method: ClientOptions['auth']['method'] };
  /** With `private_key_jwt`. */
  assertion?: { header: object; claims: JWTPayload };
}

/** An error as the provider documents it. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly body: object,
  ) {
    super(`An answer of ${status}.`);
  }
}

export const refuse = (status: number, error: string, description: string, more: object = {}): never => {
  throw new Refusal(status, { error, error_description: description, ...more });
};

/** How one provider knows its clients, and answers them. */
export interface Provider {
  /** As in `iss`, with the slash that the provider has at its end. */
  issuer: string;
  tokenEndpoint: string;
  clients: ClientOptions[];
  /** What `aud` of a client assertion must be; without it, none is taken. */
  assertionAudience?: string;
  /** The answer to a request whose client is known. Its parameters are here without those of client authentication. */
  grant(parameters: Record<string, string>, clientId: string): Promise<object>;
}

export interface TokenEndpoint {
  requests: TokenRequest[];
  /** Answers the next request, whatever it is. */
  next: Refusal | undefined;
  /** Hosts of the provider, and where they are instead. */
  routes: Record<string, string>;
  close(): Promise<void>;
}

const AUTHENTICATION = ['client_id', 'client_secret', 'client_assertion', 'client_assertion_type'];

/** The discovery document and the token endpoint of a provider, on loopback. It knows nothing else. */
export async function startTokenEndpoint(provider: Provider): Promise<TokenEndpoint> {
  const { issuer, tokenEndpoint } = provider;
  const used = new Set<string>();
  const discovery = `${new URL(issuer).pathname.replace(/\/$/, '')}/.well-known/openid-configuration`;

  async function answer(request: IncomingMessage): Promise<object> {
    if (request.method === 'GET' && request.url === discovery)
      return { issuer, token_endpoint: tokenEndpoint, jwks_uri: 'https://keys.test' };
    if (request.method !== 'POST' || request.url !== new URL(tokenEndpoint).pathname)
      return refuse(404, 'not_found', 'There is nothing here');
    const received = await read(request);
    endpoint.requests.push(received);
    if (endpoint.next) {
      const refusal = endpoint.next;
      endpoint.next = undefined;
      throw refusal;
    }
    const parameters = Object.fromEntries(
      Object.entries(received.parameters).filter(([name]) => !AUTHENTICATION.includes(name)),
    );
    return provider.grant(parameters, received.client.id);
  }

  async function read(request: IncomingMessage): Promise<TokenRequest> {
    if (!/^application\/x-www-form-urlencoded\b/.test(request.headers['content-type'] ?? ''))
      refuse(400, 'invalid_request', 'Not a form');
    const form = new URLSearchParams(await text(request));
    if (new Set(form.keys()).size !== [...form].length) refuse(400, 'invalid_request', 'A parameter is given twice');
    const parameters = Object.fromEntries(form);
    const { client_secret: secret, client_assertion: assertion } = parameters;
    const { authorization } = request.headers;
    if ([authorization, secret, assertion].filter(Boolean).length !== 1)
      refuse(401, 'invalid_client', 'The client authenticates in no way, or in several');
    if (assertion !== undefined) return { parameters, ...(await byAssertion(parameters, assertion)) };
    const [id, given] = secret === undefined ? basic(authorization!) : [parameters.client_id!, secret];
    const client = known(id, secret === undefined ? 'client_secret_basic' : 'client_secret_post');
    if (client.auth.secret !== given) refuse(401, 'invalid_client', 'Wrong secret');
    return { parameters, client: { id, method: client.auth.method } };
  }

  async function byAssertion(
    { client_id: id, client_assertion_type: type }: Record<string, string>,
    assertion: string,
  ): Promise<Omit<TokenRequest, 'parameters'>> {
    const { auth } = known(id!, 'private_key_jwt');
    const jwk = auth.key ?? auth.signer!.publicKey;
    const header = decodeProtectedHeader(assertion);
    if (type !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' || jwk['x5t#S256'] !== header['x5t#S256'])
      refuse(401, 'invalid_client', 'Unknown kind of assertion');
    const options = {
      issuer: id!,
      subject: id!,
      audience: provider.assertionAudience!,
      requiredClaims: ['exp', 'jti'],
      maxTokenAge: '5m',
    };
    const { payload } = await jwtVerify(assertion, publicKey(jwk), options).catch(() =>
      refuse(401, 'invalid_client', 'Invalid assertion'),
    );
    if (typeof payload.aud !== 'string' || used.has(payload.jti!))
      refuse(401, 'invalid_client', 'An assertion has one audience, and is used once');
    used.add(payload.jti!);
    return { client: { id: id!, method: 'private_key_jwt' }, assertion: { header, claims: payload } };
  }

  const known = (id: string, method: string): ClientOptions =>
    provider.clients.find(({ clientId, auth }) => clientId === id && auth.method === method) ??
    refuse(401, 'invalid_client', 'Unknown client');

  const api = await startLoopback((request, response) => void respond(response, answer(request)));
  const endpoint: TokenEndpoint = {
    requests: [],
    next: undefined,
    routes: { [new URL(tokenEndpoint).origin]: api.url },
    close: () => api.close(),
  };
  return endpoint;
}

async function respond(response: ServerResponse, answer: Promise<object>): Promise<void> {
  const [status, body] = await answer.then(
    granted => [200, granted] as const,
    (error: unknown) =>
      error instanceof Refusal
        ? ([error.status, error.body] as const)
        : ([500, { error: 'server_error', error_description: String(error) }] as const),
  );
  response.writeHead(status, { 'cache-control': 'no-store', pragma: 'no-cache' }).end(JSON.stringify(body));
}

const publicKey = (key: JWK) => createPublicKey({ key: key as never, format: 'jwk' });

function basic(authorization: string): [string, string] {
  const [id, secret] = Buffer.from(authorization.replace(/^Basic /, ''), 'base64')
    .toString()
    .split(':')
    .map(part => decodeURIComponent(part.replaceAll('+', ' ')));
  return [id!, secret!];
}
