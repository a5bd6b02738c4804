import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { type Era } from './app.js';

/** What a user is shown. */
export interface Form {
  message: string;
  requestedSchema: unknown;
}

/** The official client, whose user is asked. Each of its requests brings the newest token. */
export async function connectAsking(
  route: string,
  token: () => string,
  era: Era,
  answer: (form: Form) => unknown,
): Promise<Client> {
  const client = new Client(
    { name: 'asks', version: '1.0.0' },
    {
      capabilities: { elicitation: {} },
      ...(era === '2026-07-28' && { versionNegotiation: { mode: 'auto' as const } }),
    },
  );
  client.setRequestHandler('elicitation/create', async ({ params }) => (await answer(params as Form)) as never);
  const withToken: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('authorization', `Bearer ${token()}`);
    return fetch(input, { ...init, headers });
  };
  await client.connect(new StreamableHTTPClientTransport(new URL(route), { fetch: withToken }));
  return client;
}
