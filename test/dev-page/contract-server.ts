import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { DecodedToken, DevChange, DevPage, DevTokenRequest } from 'nestjs-eie/internal/cli';
import { devPage } from './pages.js';

export const PAGE = new URL('../../libs/eie/dist/dev-page.html', import.meta.url);

/** What a server of the contract answers to a POST: a body, and its status. */
type Answer = readonly [status: number, body: unknown];

/** A server that speaks the contract of `nestjs-eie dev` and says what a test has it say. */
export class ContractServer {
  page: DevPage;
  token: Answer = [200, { token: 'eyJ0.made.here', expiresIn: 300 }];
  decoded: Answer = [200, { header: null, claims: null, checks: [] } satisfies DecodedToken];
  /** Whether a listener is told anything: a server that has not looked yet tells nothing. */
  isMute = false;
  readonly asked: { readonly path: string; readonly body: DevTokenRequest & { readonly token?: string } }[] = [];
  /** Connections to its events since it was made. */
  listened = 0;
  private readonly listeners = new Set<ServerResponse>();
  private server: Server | undefined;
  private port = 0;

  constructor(page: Partial<DevPage> = {}) {
    this.page = devPage(page);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Starts, at the port that it had before. */
  async start(): Promise<this> {
    this.server = createServer((request, response) => void this.answer(request, response));
    await new Promise<void>(resolve => this.server!.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  async stop(): Promise<void> {
    const ended = new Promise(resolve => this.server?.close(resolve));
    this.server?.closeAllConnections();
    await ended;
  }

  /** Tells what has changed. Of the calls, those that are new or different. */
  tell(change: DevChange): void {
    const known = this.page.calls.filter(({ id }) => !change.calls?.some(call => call.id === id));
    this.page = { ...this.page, ...change, calls: [...(change.calls ?? []), ...known] };
    for (const listener of this.listeners) listener.write(`data: ${JSON.stringify(change)}\n\n`);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = `${request.method} ${request.url}`;
    if (route === 'GET /') {
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(readFileSync(PAGE));
    } else if (route === 'GET /events') {
      this.listen(response);
    } else if (route === 'POST /token' || route === 'POST /decode') {
      const body = JSON.parse(await text(request)) as DevTokenRequest;
      this.asked.push({ path: request.url!, body });
      const [status, answer] = route === 'POST /token' ? this.token : this.decoded;
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
    } else response.writeHead(404).end();
  }

  private listen(response: ServerResponse): void {
    this.listened += 1;
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' }).flushHeaders();
    if (this.isMute) return;
    response.write(`data: ${JSON.stringify(this.page)}\n\n`);
    this.listeners.add(response);
    response.on('close', () => this.listeners.delete(response));
  }
}
