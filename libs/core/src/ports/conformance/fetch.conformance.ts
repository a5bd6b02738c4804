import { deepEqual, equal, rejects } from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type Fetch } from '../fetch.js';
import { type ConformanceCase, plain } from './conformance-case.js';

/**
 * What every {@link Fetch} for this library must do, tested against a server on the loopback interface. Run each case in your own
 * test runner.
 *
 * @example for (const { name, run } of fetchConformance(() => fetch)) it(name, run);
 */
export function fetchConformance(create: () => Fetch | Promise<Fetch>): ConformanceCase[] {
  const test = (name: string, run: (fetch: Fetch, url: string) => Promise<void>): ConformanceCase => ({
    name,
    run: async () => withServer(async url => run(await create(), url)),
  });
  return [
    test('method, headers and body arrive as they were given', async (fetch, url) => {
      const init = { method: 'POST', headers: { authorization: 'Bearer a', 'x-one': '1' }, body: 'a=b&c=é' };
      const seen = plain(await (await fetch(`${url}/echo?q=1`, init)).json());
      deepEqual(seen, { method: 'POST', url: '/echo?q=1', authorization: 'Bearer a', one: '1', body: 'a=b&c=é' });
    }),
    test('a Request is sent like an address with options', async (fetch, url) => {
      const request = new Request(`${url}/echo`, { method: 'PUT', headers: { 'x-one': '2' }, body: 'body' });
      const seen = (await (await fetch(request)).json()) as Record<string, unknown>;
      deepEqual([seen.method, seen.one, seen.body], ['PUT', '2', 'body']);
    }),
    test('an answer of any status resolves', async (fetch, url) => {
      for (const status of [200, 400, 401, 500, 503]) equal((await fetch(`${url}/status/${status}`)).status, status);
    }),
    test('a redirect is never followed unasked: it is handed over with `manual`, and rejected with `error`', async (fetch, url) => {
      const response = await fetch(`${url}/redirect`, { redirect: 'manual' });
      deepEqual([response.status, response.headers.get('location')], [302, '/status/200']);
      await rejects(fetch(`${url}/redirect`, { redirect: 'error' }));
    }),
    test('a signal that is aborted ends the call', async (fetch, url) => {
      const abort = new AbortController();
      const call = fetch(`${url}/never`, { signal: abort.signal });
      setTimeout(() => abort.abort(), 20);
      await rejects(call, { name: 'AbortError' });
    }),
    test('a server that cannot be reached is a rejection', async fetch => {
      await rejects(fetch('http://127.0.0.1:1/'));
    }),
  ];
}

async function withServer(run: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '', headers } = request;
  if (url === '/never') return;
  if (url === '/redirect') return void response.writeHead(302, { location: '/status/200' }).end();
  if (url.startsWith('/status/')) return void response.writeHead(Number(url.slice(8))).end();
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString();
  response.end(JSON.stringify({ method, url, authorization: headers.authorization, one: headers['x-one'], body }));
}
