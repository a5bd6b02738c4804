import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { ELSEWHERE } from './chromium.js';

/** The website of an MCP client that runs in the page. */
export interface Site {
  readonly page: string;
  /** The same page under a name that no server allows. */
  readonly elsewhere: string;
  close(): Promise<void>;
}

const PAGE = '<!doctype html><meta charset="utf-8"><title>Client</title><script type="module" src="/page.js"></script>';

export async function startSite(): Promise<Site> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    logLevel: 'silent',
  });
  const script = outputFiles[0]!.text;
  const server = createServer(({ url }, response) => {
    const { pathname } = new URL(url ?? '/', 'http://localhost');
    if (pathname === '/page.js') response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    else if (pathname === '/') response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
    else response.writeHead(404).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    page: `http://localhost:${port}/`,
    elsewhere: `http://${ELSEWHERE}:${port}/`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
