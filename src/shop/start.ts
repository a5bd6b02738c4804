import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fixedPorts } from './ports.js';
import {
  ACCOUNTS,
  AGENT_IN_REGISTRY,
  AGENT_IN_TOKEN,
  AGENT_REGISTRY,
  INSPECTOR_CLIENT,
  MACHINE,
} from './registrations.js';
import { PARTS, resource, type Settings, TOKEN_LIFETIME } from './settings.js';
import { openShop } from './shop.js';

const INSPECTOR = '@modelcontextprotocol/inspector@2.12.0';

async function main(): Promise<void> {
  const ports = fixedPorts(process.env);
  const auditFolder = process.env.AUDIT_FOLDER ?? (await mkdtemp(join(tmpdir(), 'shop-')));
  const shop = await openShop({ ports, auditFolder, output: 'inherit' });

  let stopping: Promise<void> | undefined;
  const stop = (exitCode: number) => (): void => {
    process.exitCode = exitCode;
    stopping ??= shop.close();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop(0));
  for (const [part, child] of shop.processes) {
    child.once('exit', code => {
      if (!stopping) console.error(`${part} has stopped (${code ?? 'signal'}), so the shop closes.`);
      stop(stopping ? Number(process.exitCode ?? 0) : 1)();
    });
  }
  const inspectorConfig = join(auditFolder, 'inspector.json');
  await writeFile(inspectorConfig, JSON.stringify(inspectorServers(shop.settings), undefined, 2));
  console.log(welcome(shop.settings, inspectorConfig));
}

/** What the MCP Inspector is told of the shop: where it is, and as which client the authorization server knows the Inspector. */
const inspectorServers = (settings: Settings) => ({
  mcpServers: {
    shop: {
      type: 'streamable-http',
      url: resource(settings, 'mcp-server'),
      oauth: { clientId: INSPECTOR_CLIENT },
    },
  },
});

function welcome(settings: Settings, inspectorConfig: string): string {
  const [{ sub, password }] = ACCOUNTS as [(typeof ACCOUNTS)[number]];
  const users = ACCOUNTS.map(one => `${one.sub} (${one.tenant})`).join(', ');
  return `
The shop is open. Every part is a process of its own:
${PARTS.map(part => `  ${part.padEnd(21)} ${resource(settings, part)}`).join('\n')}

Who is there
  users    ${users}
  agents   ${AGENT_IN_TOKEN}: the tokens of its users name it in "act"
           ${AGENT_IN_REGISTRY}: the MCP server's registry names it ${AGENT_REGISTRY[AGENT_IN_REGISTRY]}
  machine  ${MACHINE.client_id}, which acts for no user

Call a tool, from this folder in another terminal
  call() { npx ${INSPECTOR} \\
    --cli ${resource(settings, 'mcp-server')} --transport http \\
    --method tools/call --tool-name "$@" \\
    --header "Authorization: Bearer $(npm run -s token -- alice)"; }
  call whoami
  call get_order_status --tool-arg order_id=A-1001
  call track_delivery --tool-arg order_id=A-1001

Or in a browser: open the page that this prints, and connect
  npx -p node@24 -p ${INSPECTOR} mcp-inspector \\
    --config ${inspectorConfig}
  log in as ${sub}, password ${password}

Another user, agent or right
  npm run -s token -- bob ${AGENT_IN_REGISTRY} "orders:read"
  Each access token is good for ${TOKEN_LIFETIME / 60} minutes. Then ask for another one.

Who did what
  npx nestjs-eie audit tail --follow ${settings.auditFolder}/mcp-server

Ctrl-C closes the shop.
`;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  console.error('Another port for a part is a variable, such as MCP_SERVER_PORT=5401.');
  process.exitCode = 1;
});
