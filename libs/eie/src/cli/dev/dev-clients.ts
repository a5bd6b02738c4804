import { type DevClient } from './dev-page.js';
import { quoted } from './shell-command.js';

/** How MCP clients are told of the application. Each signs its user in at the local authorization server, in a browser. */
export function devClients(name: string, resource: string): DevClient[] {
  const file = (members: object): string => JSON.stringify(members, null, 2);
  return [
    {
      name: 'MCP Inspector',
      where: 'terminal',
      // It needs Node 22.19; the package `node` brings one.
      text: `npx -y -p node@24 -p @modelcontextprotocol/inspector@2 mcp-inspector --transport http --server-url ${quoted(resource)}`,
    },
    {
      name: 'Claude Code',
      where: 'terminal',
      text: `claude mcp add --transport http ${quoted(name)} ${quoted(resource)}`,
    },
    {
      name: 'VS Code',
      where: '.vscode/mcp.json',
      text: file({ servers: { [name]: { type: 'http', url: resource } } }),
    },
    { name: 'Cursor', where: '.cursor/mcp.json', text: file({ mcpServers: { [name]: { url: resource } } }) },
  ];
}
