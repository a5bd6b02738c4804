import { randomBytes } from 'node:crypto';
import {
  Client,
  type InputRequiredResult,
  type InputResponses,
  isInputRequiredResult,
  type OAuthClientProvider,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';

export type Era = '2025-11-25' | '2026-07-28';

/** How a call ended for the agent that made it. */
export interface Answer {
  http: number;
  traceId: string;
  text: string;
  /** The last `WWW-Authenticate` that the call met. */
  challenge?: string | undefined;
}

/** What the second round of a call brings along: the state of the first, and what the user has answered (MCP 2026-07-28). */
export interface Answered {
  requestState: string;
  inputResponses: InputResponses;
}

export interface Trace {
  id: string;
  header: string;
}

export function newTrace(): Trace {
  const id = randomBytes(16).toString('hex');
  return { id, header: `00-${id}-${randomBytes(8).toString('hex')}-01` };
}

/** An agent: the official MCP client with somebody's token. Every call has a trace of its own. */
export class Agent {
  #trace = newTrace();
  #http = 0;
  #challenge: string | undefined;
  readonly #client: Client;
  readonly #transport: StreamableHTTPClientTransport;
  readonly #token: string | undefined;

  /** @param credential a token that stays the same, or a provider from which the client gets itself others */
  constructor(
    url: string,
    credential: string | OAuthClientProvider | undefined,
    readonly era: Era,
  ) {
    const provider = typeof credential === 'object' ? { authProvider: credential } : {};
    this.#token = typeof credential === 'string' ? credential : undefined;
    this.#transport = new StreamableHTTPClientTransport(new URL(url), {
      ...provider,
      fetch: (to, init) => this.#fetch(to, init),
    });
    this.#client = new Client(
      { name: 'demo', version: '1.0.0' },
      era === '2026-07-28'
        ? { versionNegotiation: { mode: { pin: era } }, capabilities: { elicitation: { form: {} } } }
        : {},
    );
  }

  async connect(): Promise<Answer> {
    return this.#answer(async () => {
      await this.#client.connect(this.#transport);
      const version = this.#client.getNegotiatedProtocolVersion();
      if (version !== this.era) throw new Error(`The protocol is ${version}, not ${this.era}.`);
      return '';
    });
  }

  async call(name: string, args: Record<string, unknown> = {}, answered?: Answered): Promise<Answer> {
    return this.#answer(async () => {
      const { content } = await this.#client.callTool({ name, arguments: args, ...answered });
      return (content as { text?: string }[]).map(({ text }) => text ?? '').join('\n');
    });
  }

  /** The first round of a call that asks its user. The answer, and the second round, are left to the caller. */
  async question(name: string, args: Record<string, unknown>): Promise<InputRequiredResult> {
    this.#trace = newTrace();
    const result: unknown = await this.#client.callTool({ name, arguments: args }, { allowInputRequired: true });
    if (!isInputRequiredResult(result)) throw new Error(`${name} asks nobody.`);
    return result;
  }

  /** @param callback what the authorization server sent the user back with */
  finishAuth(callback: URLSearchParams): Promise<void> {
    return this.#transport.finishAuth(callback);
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #answer(request: () => Promise<string>): Promise<Answer> {
    const trace = (this.#trace = newTrace());
    this.#challenge = undefined;
    const text = await request().catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    return { http: this.#http, traceId: trace.id, text, challenge: this.#challenge };
  }

  async #fetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('traceparent', this.#trace.header);
    if (this.#token !== undefined) headers.set('authorization', `Bearer ${this.#token}`);
    const response = await fetch(url, { ...init, headers });
    if (init.method === 'POST') this.#http = response.status;
    this.#challenge = response.headers.get('www-authenticate') ?? this.#challenge;
    return response;
  }
}
