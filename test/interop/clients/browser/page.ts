import { SDKS, type SdkClient, type SdkTransport } from '../sdks.js';

/** What the page is told once. It keeps it while it is away to sign in. */
export interface PageSetup {
  /** Of {@link SDKS}. */
  readonly sdk: string;
  readonly mcp: string;
  readonly client?: object;
  readonly clientMetadataUrl?: string;
  /** Whether requests to the MCP server bring what the browser keeps for it. */
  readonly withCredentials?: boolean;
}

/** One answer, as the page may read it. */
export interface Read {
  readonly method: string;
  readonly path: string;
  /** `null` where the browser has refused the page the answer. */
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string>>;
}

const kept = (name: string): any => JSON.parse(sessionStorage.getItem(name) ?? 'null') ?? undefined;
const keep = (name: string, value: unknown): void => sessionStorage.setItem(name, JSON.stringify(value));

/** Where the page has to go to sign in. Whatever waits for the client waits no longer. */
export interface Leaving {
  readonly signInAt: string;
}
let leave: (leaving: Leaving) => void;
const leaving = new Promise<Leaving>(resolve => (leave = resolve));

const provider = () => ({
  redirectUrl: `${location.origin}/`,
  clientMetadata: {
    client_name: 'Page',
    redirect_uris: [`${location.origin}/`],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
  },
  clientMetadataUrl: (kept('setup') as PageSetup).clientMetadataUrl,
  clientInformation: () => kept('client'),
  saveClientInformation: (client: unknown) => keep('client', client),
  tokens: () => kept('tokens'),
  saveTokens: (tokens: unknown) => keep('tokens', tokens),
  saveCodeVerifier: (verifier: string) => keep('verifier', verifier),
  codeVerifier: () => kept('verifier'),
  saveDiscoveryState: (state: unknown) => keep('discovery', state),
  discoveryState: () => kept('discovery'),
  redirectToAuthorization: (url: URL) => leave({ signInAt: url.href }),
});

async function watched(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const { method, url } = new Request(input, init);
  const { origin, pathname } = new URL(url);
  const { mcp, withCredentials } = kept('setup') as PageSetup;
  const note = (status: number | null, headers = {}) =>
    keep('wire', [...(kept('wire') ?? []), { method, path: pathname, status, headers }]);
  try {
    const ours = withCredentials && origin === new URL(mcp).origin;
    const response = await fetch(input, { ...init, ...(ours && { credentials: 'include' }) });
    note(response.status, Object.fromEntries(response.headers));
    return response;
  } catch (error) {
    note(null);
    throw error;
  }
}

let client: SdkClient | undefined;
let transport: SdkTransport | undefined;

const sdk = () => SDKS.find(({ name }) => name === (kept('setup') as PageSetup).sdk)!;
const newTransport = () =>
  (transport = sdk().transport(new URL((kept('setup') as PageSetup).mcp), { provider: provider(), fetch: watched }));

async function connect(): Promise<'connected' | Leaving> {
  const connecting = sdk()
    .connect(newTransport())
    .then(connected => {
      client = connected;
      return 'connected' as const;
    });
  connecting.catch(() => undefined);
  return Promise.race([leaving, connecting]);
}

/** What the test does with the page. */
const remote = {
  prepare(setup: PageSetup) {
    sessionStorage.clear();
    keep('setup', setup);
    if (setup.client) keep('client', setup.client);
  },
  begin: connect,
  /** Back from the login page. */
  async resume() {
    await sdk().finish(newTransport(), new URLSearchParams(location.search));
    return connect();
  },
  async call(name: string) {
    const calling = client!.callTool({ name, arguments: {} }).then(({ content }) => JSON.parse(content[0].text));
    calling.catch(() => undefined);
    return Promise.race([leaving, calling]);
  },
  tools: async () => (await client!.listTools()).tools.map(({ name }) => name).sort(),
  token: (): string => kept('tokens').access_token,
  hold: (access_token: string) => keep('tokens', { ...kept('tokens'), access_token }),
  dropRefreshToken: () => keep('tokens', { ...kept('tokens'), refresh_token: undefined }),
  session: () => transport?.sessionId ?? null,
  end: () => transport!.terminateSession(),
  /** A request of the page itself. */
  async send(path: string, init: RequestInit): Promise<Read> {
    await watched(new URL(path, (kept('setup') as PageSetup).mcp), init).catch(() => undefined);
    return remote.wire().at(-1)!;
  },
  wire: (): readonly Read[] => kept('wire') ?? [],
};

export type Remote = typeof remote;
Object.assign(window, { remote });
