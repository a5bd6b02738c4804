import { startMcpServer } from '../../../src/mcp-server/mcp-server.module.js';
import { type Part } from '../../../src/shop/part.js';
import { type Settings } from '../../../src/shop/settings.js';
import { accountModule } from '../application/account.module.js';
import { type Bug } from '../bug.js';

/** What this process is told: to serve the shop's MCP server with the account module, and with one bug where a file is named; or to stop. */
export type Order = { readonly settings: Settings; readonly file: string | undefined } | 'stop';

let part: Part | undefined;

async function obey(order: Order): Promise<void> {
  await part?.close();
  part = undefined;
  if (order === 'stop') return;
  const { settings, file } = order;
  const bug = file === undefined ? undefined : ((await import(file)) as { bug: Bug }).bug;
  part = await startMcpServer(settings, [accountModule(bug)]);
}

process.on('message', order => {
  obey(order as Order).then(
    () => process.send?.('done'),
    (error: unknown) => {
      console.error(error);
      process.send?.('failed');
    },
  );
});
process.once('disconnect', () => process.exit());
