import { UnprocessableEntityException } from '@nestjs/common';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { type DelegatedFetch } from 'nestjs-eie';

/**
 * Calls a tool of another MCP server with the official client. The delegated fetch brings the credentials of this one
 * execution, so the client lives as long as the call and is never shared.
 */
export async function callRemoteTool(
  delegated: DelegatedFetch,
  name: string,
  input: Record<string, unknown>,
): Promise<string> {
  const client = new Client({ name: 'shop', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  try {
    await client.connect(new StreamableHTTPClientTransport(new URL(delegated.baseUrl), { fetch: delegated }));
    const { content, isError } = await client.callTool({ name, arguments: input });
    const text = content.map(part => (part.type === 'text' ? part.text : '')).join('\n');
    if (isError) throw new UnprocessableEntityException(text);
    return text;
  } finally {
    await client.close();
  }
}
