import { type HttpAnswer, httpAnswer } from './http-answer.js';
import { callTool, type McpEra, type ToolAnswer } from './tool-call.js';

/** How a tool is called. */
export interface ToolCallOptions {
  /** Default: that of the application. */
  readonly era?: McpEra;
  /** The path of the MCP route. Needed where there are several. */
  readonly path?: string;
  /** Sent as well. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a caller needs to know of the application. */
export interface CalledApp {
  readonly url: string;
  readonly era: McpEra;
  /** @throws Error where there is none, or several */
  mcpPath(): string;
}

/** Milliseconds: a call that is not answered fails the test, and does not hang it. */
const DEADLINE = 30_000;

/** Calls a test application over HTTP on the loopback interface, in one identity. */
export class TestCaller {
  constructor(
    private readonly app: CalledApp,
    private readonly credentials: () => Promise<Readonly<Record<string, string>>>,
  ) {}

  /**
   * Calls an MCP tool through the boundary. A refusal is an answer with `isError`, and no exception.
   *
   * @example const { isError, json } = await app.as({ sub: 'alice', scopes: ['orders:read'] }).callTool('get_order', { id: '1' });
   */
  callTool(name: string, input: object = {}, options: ToolCallOptions = {}): Promise<ToolAnswer> {
    const { era = this.app.era, path = this.app.mcpPath(), headers = {} } = options;
    return callTool(
      (own, body) => this.fetch(path, { method: 'POST', headers: { ...own, ...headers }, body }),
      era,
      name,
      input,
    );
  }

  /** @example (await app.as({ sub: 'alice' }).get('/orders')).json */
  async get(path: string, init: RequestInit = {}): Promise<HttpAnswer> {
    return httpAnswer(await this.fetch(path, init));
  }

  /** Sends JSON. */
  async post(path: string, body: unknown = {}, init: RequestInit = {}): Promise<HttpAnswer> {
    return this.#send('POST', path, body, init);
  }

  /** Sends JSON. */
  async put(path: string, body: unknown = {}, init: RequestInit = {}): Promise<HttpAnswer> {
    return this.#send('PUT', path, body, init);
  }

  /** Sends JSON. */
  async patch(path: string, body: unknown = {}, init: RequestInit = {}): Promise<HttpAnswer> {
    return this.#send('PATCH', path, body, init);
  }

  async delete(path: string, init: RequestInit = {}): Promise<HttpAnswer> {
    return httpAnswer(await this.fetch(path, { ...init, method: 'DELETE' }));
  }

  /** Any request, with the token. An answer takes 30 s at most, unless `init` has a signal of its own. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    for (const [name, value] of Object.entries(await this.credentials())) headers.set(name, value);
    return fetch(new URL(path, this.app.url), { signal: AbortSignal.timeout(DEADLINE), ...init, headers });
  }

  async #send(method: string, path: string, body: unknown, init: RequestInit): Promise<HttpAnswer> {
    const headers = new Headers(init.headers);
    headers.set('content-type', 'application/json');
    return httpAnswer(await this.fetch(path, { ...init, method, headers, body: JSON.stringify(body) }));
  }
}
