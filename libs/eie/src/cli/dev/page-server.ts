import { readFile } from 'node:fs/promises';
import { type ServerResponse } from 'node:http';
import {
  json,
  type LoopbackAnswer,
  type LoopbackRequest,
  type LoopbackServer,
  startLoopbackServer,
} from '../../testing/authorization-server/http/loopback-server.js';
import { BadRequest } from './asked-token.js';
import { type DecodedToken } from './dev-page.js';
import { type LivePage } from './live-page.js';
import { isOwnPage, isOwnRequest } from './own-requests.js';

/** "EIED" on a telephone, so that the address of the page stays the same. */
const PORT = 3433;
/** Characters: a token has 16,384 at most. */
const MAX_BODY = 64 * 1024;
/** Bytes that wait for a page which does not read. */
const MAX_WAITING = 4 * 1_048_576;
const PAGE = new URL('../../../dist/dev-page.html', import.meta.url);

export interface PageServerParts {
  readonly page: LivePage;
  /** What a request without a page must present. */
  readonly secret: string;
  readonly token: (body: unknown) => Promise<{ readonly token: string; readonly expiresIn: number }>;
  readonly decode: (token: string) => Promise<DecodedToken>;
}

/**
 * The page of `nestjs-eie dev`, on loopback: it may be read and used by itself alone, not by pages of other origins, whatever name they rebind to
 * this machine. Whoever has the secret may ask for tokens without a page.
 */
export async function startPageServer(parts: PageServerParts): Promise<LoopbackServer> {
  const answer = (request: LoopbackRequest): Promise<LoopbackAnswer> => answerOf(request, parts);
  return startLoopbackServer(answer, PORT).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    return startLoopbackServer(answer);
  });
}

async function answerOf(request: LoopbackRequest, parts: PageServerParts): Promise<LoopbackAnswer> {
  const { method, url } = request;
  if (url.pathname === '/' && method === 'GET') return pageFile();
  const route = ROUTES[`${method} ${url.pathname}`];
  if (!route) return refused(404, 'There is nothing at this address.');
  if (!isOwnPage(request)) return refused(403, 'Pages of other origins are not answered.');
  if (method === 'GET') return secured(await route(request, parts));
  if (!isOwnRequest(request, parts.secret)) return refused(403, 'Use the page, or npx nestjs-eie token.');
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    return refused(415, 'Send application/json.');
  if (request.body.length > MAX_BODY) return refused(413, `Send at most ${MAX_BODY} characters.`);
  try {
    return secured(await route(request, parts));
  } catch (error) {
    if (!(error instanceof BadRequest)) throw error;
    return refused(400, error.message);
  }
}

type Route = (request: LoopbackRequest, parts: PageServerParts) => LoopbackAnswer | Promise<LoopbackAnswer>;

const ROUTES: Readonly<Record<string, Route>> = {
  'GET /state': (_request, { page }) => json(200, page.now),
  'GET /events': (_request, { page }) => events(page),
  'POST /token': async ({ body }, { token }) => json(200, await token(objectIn(body))),
  'POST /decode': async ({ body }, { decode }) => {
    const { token } = objectIn(body);
    if (typeof token !== 'string') throw new BadRequest('Send { "token": "…" }.');
    return json(200, await decode(token.trim()));
  },
};

function objectIn(body: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(body)) as Record<string, unknown>;
  } catch {
    throw new BadRequest('The body is not JSON.');
  }
}

/** The first message is all there is; each further one is what has changed. */
function events(page: LivePage): LoopbackAnswer {
  let response: ServerResponse | undefined;
  const send = (change: object): void => {
    response?.write(`data: ${JSON.stringify(change)}\n\n`);
    if (response && response.writableLength > MAX_WAITING) response.destroy();
  };
  const end = page.listen(send);
  if (!end) return refused(503, 'The page is open too often: close some of its tabs.');
  const stream = (to: ServerResponse): void => {
    if (to.closed) return end();
    response = to.on('close', end);
    send(page.now);
  };
  return { status: 200, headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }, body: stream };
}

async function pageFile(): Promise<LoopbackAnswer> {
  const body = await readFile(PAGE, 'utf8').catch(() => undefined);
  const type = body === undefined ? 'text/plain' : 'text/html';
  const headers = { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store' };
  return secured({ status: 200, headers, body: body ?? UNBUILT });
}

const UNBUILT = 'The page was not built: dist/dev-page.html of the package nestjs-eie is missing.\n';

const refused = (status: number, error: string): LoopbackAnswer => secured(json(status, { error }));

/** The policy of scripts and styles stands in the page, by their hashes; what only a header can say is here. */
const secured = (answer: LoopbackAnswer): LoopbackAnswer => ({
  ...answer,
  headers: {
    ...answer.headers,
    'content-security-policy': "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  },
});
