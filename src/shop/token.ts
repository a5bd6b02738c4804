import { decodeJwt } from 'jose';
import { machineToken, userToken } from './access-token.js';
import { fixedPorts } from './ports.js';
import { AGENT_IN_TOKEN, MACHINE } from './registrations.js';
import { SCOPES } from './settings.js';

const USAGE = `Usage: npm run -s token -- USER [CLIENT] [SCOPES]
  for example: alice, or: bob desk-copilot "orders:read billing:read", or: ${MACHINE.client_id}
  The shop must be running: npm start`;

/**
 * Logs in without a browser and prints the access token for the MCP server, and nothing else. How long it is good for goes to the terminal of a
 * person, and into no pipe.
 */
async function main([sub, clientId = AGENT_IN_TOKEN, scope = SCOPES.join(' ')]: string[]): Promise<void> {
  if (!sub) throw new Error(USAGE);
  const ports = fixedPorts(process.env);
  const request = {
    issuer: `http://127.0.0.1:${ports['authorization-server']}`,
    resource: `http://127.0.0.1:${ports['mcp-server']}/mcp`,
    scope,
  };
  const token = await (sub === MACHINE.client_id ? machineToken(request) : userToken(sub, clientId, request));
  console.log(token);
  if (process.stderr.isTTY) console.error(`\n${lifetimeOf(token)}`);
}

function lifetimeOf(token: string): string {
  const { exp = 0 } = decodeJwt(token);
  return `It is good for ${Math.round((exp * 1000 - Date.now()) / 60_000)} minutes, until ${new Date(exp * 1000).toLocaleTimeString()}. There is no refresh: ask again.`;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const { cause, message, error_description } = error as Error & {
    cause?: { code?: string };
    error_description?: string;
  };
  console.error(
    cause?.code === 'ECONNREFUSED'
      ? 'The shop is not running. Start it with: npm start'
      : (error_description ?? message),
  );
  process.exitCode = 1;
});
