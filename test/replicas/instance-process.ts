import { type DynamicModule } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { EieModule, IdentityRevocation, type RevokedIdentity } from 'nestjs-eie';
import { EieMcpModule } from 'nestjs-eie/mcp';
import { NestFactory } from '@nestjs/core';
import { identityOptions } from '../../src/mcp-server/identity.options.js';
import { McpServerModule } from '../../src/mcp-server/mcp-server.module.js';
import { type Settings } from '../../src/shop/settings.js';
import { accountModule } from '../isolation/application/account.module.js';
import { ProbeModule, runs } from './probe.module.js';
import { sharedPorts } from './shared-ports.js';
import { type StoreServer } from './store.js';

export interface InstanceSetup {
  readonly settings: Settings;
  readonly name: string;
  readonly port: number;
  readonly secret: string;
  readonly store: Pick<StoreServer, 'kind' | 'url'>;
}

/** What an instance does for the harness. */
export type Order = { readonly setup: InstanceSetup } | { readonly purge: RevokedIdentity } | { readonly runs: true };

let revocation: IdentityRevocation;

async function start({ settings, name, port, store, secret }: InstanceSetup): Promise<void> {
  const own = identityOptions(settings);
  const { ports } = await sharedPorts(store, secret);
  const application: DynamicModule = {
    module: McpServerModule,
    imports: [
      EieModule.forRoot({ ...own, audit: { ...own.audit, instance: name }, ports }),
      EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' }),
      accountModule(),
      ProbeModule,
    ],
  };
  const app = await NestFactory.create(application, new ExpressAdapter(), { logger: false, abortOnError: false });
  await app.listen(port, '127.0.0.1');
  revocation = app.get(IdentityRevocation);
}

async function obey(order: Order): Promise<unknown> {
  if ('setup' in order) return start(order.setup);
  if ('purge' in order) return revocation.purge(order.purge);
  return runs.splice(0);
}

process.on('message', ({ id, order }: { id: number; order: Order }) => {
  obey(order).then(
    answer => process.send?.({ id, answer }),
    (error: unknown) => process.send?.({ id, error: String((error as Error).stack ?? error) }),
  );
});
process.once('disconnect', () => process.exit());
