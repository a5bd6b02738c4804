import { type Bug } from '../bug.js';

export const bug: Bug = {
  name: 'one MCP server for all users, which keeps who came first',
  edits: [
    {
      file: 'mcp/runtime/mcp.server.ts',
      from: 'const { admitted } = requestOf(context.http?.authInfo).record;',
      to: 'const { admitted } = (catalog.first ??= requestOf(context.http?.authInfo)).record;',
    },
  ],
};
