import * as two from '@modelcontextprotocol/client';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js';

/** What a client is given: what it may keep, and the way to the network. */
export interface Holder {
  readonly provider: object;
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
}

/** The part of a client that both SDK lines have. */
export interface SdkClient {
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(call: { name: string; arguments: object }): Promise<any>;
  close(): Promise<void>;
}

export interface SdkTransport {
  sessionId: string | undefined;
  send(message: any, options?: any): Promise<void>;
  terminateSession(): Promise<void>;
  onerror?: ((error: Error) => void) | undefined;
}

export interface Sdk {
  readonly name: string;
  /** The protocol that it asks for by itself. */
  readonly era: string;
  /** Every protocol that it speaks over Streamable HTTP. */
  readonly versions: readonly string[];
  /** Whether it asks the user again where it has a refresh token and lacks a scope. */
  readonly stepsUpWithRefreshToken: boolean;
  /** Whether it can bind its tokens to a key (DPoP). */
  readonly bindsTokens: boolean;
  /** Whether it opens the stream of the server by itself. */
  readonly opensStream: boolean;
  /** Whether the error says that the user has been asked to sign in. */
  asksUser(error: unknown): boolean;
  transport(url: URL, holder: Holder): SdkTransport;
  /** @returns the client, when the server has accepted it */
  connect(transport: SdkTransport): Promise<SdkClient>;
  /** Goes on when the user has come back. */
  finish(transport: SdkTransport, callback: URLSearchParams): Promise<void>;
}

const WHO = { name: 'interop', version: '1.0.0' };
/** A stream that breaks is opened again at once. */
const RECONNECT = {
  initialReconnectionDelay: 1,
  maxReconnectionDelay: 10,
  reconnectionDelayGrowFactor: 1,
  maxRetries: 20,
};

const client2 = (era: string): Sdk => ({
  name: `client 2.x speaking ${era}`,
  era,
  versions: era === '2026-07-28' ? [era] : two.SUPPORTED_PROTOCOL_VERSIONS,
  stepsUpWithRefreshToken: true,
  bindsTokens: true,
  opensStream: era !== '2026-07-28',
  asksUser: error => error instanceof two.UnauthorizedError,
  transport: (url, holder) =>
    new two.StreamableHTTPClientTransport(url, {
      authProvider: holder.provider as never,
      fetch: holder.fetch,
      reconnectionOptions: RECONNECT,
    }),
  async connect(transport) {
    const client = new two.Client(WHO, era === '2026-07-28' ? { versionNegotiation: { mode: 'auto' } } : {});
    await client.connect(transport as two.StreamableHTTPClientTransport);
    return client as never;
  },
  finish: (transport, callback) => (transport as two.StreamableHTTPClientTransport).finishAuth(callback),
});

const sdk1: Sdk = {
  name: 'sdk 1.x',
  era: '2025-11-25',
  versions: SUPPORTED_PROTOCOL_VERSIONS,
  stepsUpWithRefreshToken: false,
  bindsTokens: false,
  opensStream: true,
  asksUser: error => error instanceof UnauthorizedError,
  transport: (url, holder) =>
    new StreamableHTTPClientTransport(url, {
      authProvider: holder.provider as never,
      fetch: holder.fetch,
      reconnectionOptions: RECONNECT,
    }),
  async connect(transport) {
    const client = new Client(WHO);
    await client.connect(transport as StreamableHTTPClientTransport);
    return client as never;
  },
  finish: (transport, callback) => (transport as StreamableHTTPClientTransport).finishAuth(callback.get('code')!),
};

export const SDKS: readonly Sdk[] = [client2('2026-07-28'), client2('2025-11-25'), sdk1];
