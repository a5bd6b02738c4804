import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { EieModule } from 'nestjs-eie';
import { EieMcpModule } from 'nestjs-eie/mcp';
import { listen } from '../shop/nest.js';
import { type Part } from '../shop/part.js';
import { type Settings } from '../shop/settings.js';
import { BillingTools } from './billing.tools.js';
import { DeliveryTools } from './delivery.tools.js';
import { identityOptions } from './identity.options.js';
import { InvoiceTools } from './invoice.tools.js';
import { OrderTools } from './order.tools.js';
import { WhoamiTools } from './whoami.tools.js';

/** The shop's MCP server: tools for agents, each of which runs on the identity of the user or service behind the call. */
@Module({ providers: [WhoamiTools, OrderTools, BillingTools, InvoiceTools, DeliveryTools] })
export class McpServerModule {
  static for(settings: Settings, modules: Type[] = []): DynamicModule {
    return {
      module: McpServerModule,
      imports: [
        EieModule.forRoot(identityOptions(settings)),
        EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' }),
        ...modules,
      ],
    };
  }
}

/** @param modules further modules of the same application */
export function startMcpServer(settings: Settings, modules: Type[] = []): Promise<Part> {
  return listen(McpServerModule.for(settings, modules), new ExpressAdapter(), settings.ports['mcp-server']);
}
