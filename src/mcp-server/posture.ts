import { type DynamicModule } from '@nestjs/common';
import { fixedPorts } from '../shop/ports.js';
import { keyPair } from '../shop/shop.js';
import { McpServerModule } from './mcp-server.module.js';

/**
 * The MCP server as `npm start` configures it, with keys that are made now, for commands that look at it and do not start it:
 * `npx nestjs-eie posture --app dist/mcp-server/posture.js#mcpServer`.
 */
export async function mcpServer(): Promise<DynamicModule> {
  const [client, sealing] = await Promise.all([keyPair('client'), keyPair('sealing')]);
  return McpServerModule.for({
    ports: fixedPorts({}),
    auditFolder: 'audit',
    mcpClientKey: client.publicJwk,
    privateKeys: { client: client.privateJwk, sealing: sealing.privateJwk },
  });
}
