import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

/** What the tool answers to the official client. */
export async function callWhoami(url, token) {
  const client = new Client({ name: 'first-hour', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  try {
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
    const { content } = await client.callTool({ name: 'whoami', arguments: {} });
    return JSON.parse(content[0].text);
  } finally {
    await client.close();
  }
}
