import { type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { type Fetch } from 'execution-identity';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { jwksOf } from './test-keys.js';
import { type Answer, type Case } from './rules/case.js';
import { expand } from './token.js';

/** Where the issuer of a case stands, and what is served for it. */
export interface OwnIssuer {
  readonly issuer: string;
  readonly jwksUri: string;
}

export interface IssuerServer extends Loopback {
  /** Serves what the case says, from now on. */
  ownIssuer(one: Case): OwnIssuer;
}

const GOOD_KEYS = (): string => JSON.stringify({ keys: jwksOf([{ from: 'a', kid: 'a' }]) });

/** The authorization servers of all cases that have one of their own, on one port. */
export async function startIssuers(): Promise<IssuerServer> {
  const routes = new Map<string, (response: ServerResponse) => void>();
  const server = await startLoopback((request, response) => {
    // One that is kept open may be closed by the server while the next request is on its way, on a busy machine.
    response.setHeader('connection', 'close');
    const path = request.url!.split('?')[0]!;
    const route = routes.get(path);
    if (route) return route(response);
    if (path === '/good-keys') return void response.end(GOOD_KEYS());
    if (path === '/moved-keys') return void response.writeHead(302, { location: `${server.url}/good-keys` }).end();
    if (path.startsWith('/good-metadata/'))
      return void response.end(
        JSON.stringify({ issuer: `${server.url}/${path.slice(15)}`, jwks_uri: `${server.url}/good-keys` }),
      );
    response.writeHead(404).end();
  });

  function serve(path: string, answer: Answer | undefined, variables: Record<string, unknown>): void {
    if (answer) routes.set(path, response => write(response, expandedAnswer(answer, variables)));
  }

  return {
    ...server,
    ownIssuer({ id, keys, served, metadata, path = id }) {
      const issuer = metadata ? `${server.url}/${path}` : `https://own.corpus.test/${id}`;
      const variables = {
        id: path,
        issuer,
        'issuer:rest': issuer.slice(4),
        server: server.url,
        'server:localhost': server.url.replace('127.0.0.1', 'localhost'),
        key: JSON.stringify(jwksOf(keys ?? [])[0]),
      };
      const place = path.replace(/\/$/, '');
      serve(`/${place}/.well-known/openid-configuration`, metadata?.openid, variables);
      serve(`/.well-known/oauth-authorization-server/${place}`, metadata?.oauth, variables);
      serve(`/keys/${id}`, served ?? { json: { keys: jwksOf(keys ?? []) } }, variables);
      return { issuer, jwksUri: `${server.url}/keys/${id}` };
    },
  };
}

/** Members of `json` come from the keys of this run, where they must stay as they are. */
const expandedAnswer = (answer: Answer, variables: Record<string, unknown>): Answer => ({
  ...answer,
  ...('json' in answer ? { text: JSON.stringify(expand(answer.json, variables)) } : {}),
  ...(answer.text !== undefined && { text: String(expand(answer.text, variables)) }),
  ...(answer.location !== undefined && { location: String(expand(answer.location, variables)) }),
});

function write(
  response: ServerResponse,
  { status = 200, type, text = '', encoding, size = 0, ...answer }: Answer,
): void {
  const written = Buffer.from(text, encoding ?? 'utf8');
  const plain = Buffer.concat([written, Buffer.alloc(Math.max(0, size - written.length), ' ')]);
  const bytes = answer.gzip ? gzipSync(plain) : plain;
  response.writeHead(status, {
    ...(type && { 'content-type': type }),
    ...(answer.location && { location: answer.location }),
    ...(answer.gzip && { 'content-encoding': 'gzip' }),
    ...(status !== 204 && { 'content-length': bytes.length }),
  });
  if (!answer.cut) return void response.end(bytes);
  response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
}

/**
 * What the library and the oracles fetch with. Loopback is asked; everywhere else there would be a good key set, so that whoever follows
 * a URL that must not be followed is seen to do it, and nothing leaves this machine. No case is about time: a busy machine must not make
 * one, so nobody's deadline is heard.
 */
export const loopbackFetch: Fetch = async (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  if (url.protocol === 'http:' && ['127.0.0.1', 'localhost'].includes(url.hostname))
    return fetch(input, { ...init, signal: null });
  return new Response(GOOD_KEYS(), { headers: { 'content-type': 'application/json' } });
};
