import { runPart, type Part, type StartPart } from '../shop/part.js';
import { type PartName } from '../shop/settings.js';
import { type NumberedOrder, report } from './messages.js';
import { witness } from './witness.js';

/** The parts of the shop as the demo runs them: the same, and somebody watches. */
const STARTS: Record<PartName, () => Promise<StartPart>> = {
  'authorization-server': authorizationServer,
  'orders-api': async () => witnessed((await import('../orders-api/orders-api.module.js')).startOrdersApi),
  'billing-api': async () => witnessed((await import('../billing-api/billing-api.module.js')).startBillingApi),
  'invoices-api': async () => witnessed((await import('../invoices-api/invoices-api.js')).startInvoicesApi),
  'delivery-server': async () =>
    witnessed((await import('../delivery-server/delivery-server.module.js')).startDeliveryServer),
  'mcp-server': mcpServer,
};

async function authorizationServer(): Promise<StartPart> {
  const { startAuthorizationServer } = await import('../authorization-server/authorization-server.js');
  const { registrations } = await import('../shop/registrations.js');
  return async settings => {
    const server = await startAuthorizationServer({
      ...registrations(settings),
      onToken: token => report({ kind: 'minted', token }),
    });
    obey(order => (order.kind === 'mint' ? server.mintUserToken(order.request) : undefined));
    return server;
  };
}

async function mcpServer(): Promise<StartPart> {
  const { startMcpServer } = await import('../mcp-server/mcp-server.module.js');
  const { ProbeModule } = await import('./probe.module.js');
  return settings => obeying(startMcpServer(settings, [ProbeModule]));
}

const witnessed =
  (start: StartPart): StartPart =>
  async settings => {
    const part = await obeying(start(settings));
    if (part.server) witness(part.server);
    return part;
  };

async function obeying(starting: Promise<Part>): Promise<Part> {
  const part = await starting;
  obey(() => undefined);
  return part;
}

function obey(mint: (order: NumberedOrder) => string | undefined): void {
  process.on('message', (order: NumberedOrder) => {
    if (order.kind === 'print') {
      process.stdout.write(`${order.stdout}\n`);
      process.stderr.write(`${order.stderr}\n`);
    }
    report({ kind: 'answer', id: order.id, token: mint(order) });
  });
}

runPart(await STARTS[process.argv[2] as PartName]());
