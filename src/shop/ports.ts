import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { PARTS, type PartName } from './settings.js';

type Ports = Record<PartName, number>;

const FIXED: Ports = {
  'authorization-server': 4400,
  'mcp-server': 4401,
  'orders-api': 4402,
  'billing-api': 4403,
  'invoices-api': 4404,
  'delivery-server': 4405,
};

/** The variable that moves a part to another port, such as `MCP_SERVER_PORT`. */
const variable = (part: PartName): string => `${part.replaceAll('-', '_').toUpperCase()}_PORT`;

/** The ports of `npm start`, which `npm run token` must find again. */
export function fixedPorts(env: NodeJS.ProcessEnv): Ports {
  return ports(
    PARTS.map(part => {
      const port = Number(env[variable(part)] ?? FIXED[part]);
      if (!Number.isInteger(port) || port < 1 || port > 65_535)
        throw new Error(`${variable(part)} must be a port number.`);
      return port;
    }),
  );
}

/** Ports that are free now. */
export async function freePorts(): Promise<Ports> {
  const servers = PARTS.map(() => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map(server => once(server, 'listening')));
  const free = servers.map(server => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(server => once(server.close(), 'close')));
  return ports(free);
}

const ports = (numbers: number[]): Ports =>
  Object.fromEntries(PARTS.map((part, index) => [part, numbers[index]])) as Ports;
