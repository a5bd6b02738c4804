import { Controller, type DynamicModule, Module } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, ExternalContextCreator, MetadataScanner, ModuleRef, Reflector } from '@nestjs/core';
import { TargetRegistry } from '../delegation/targets.js';
import { MCP_SERVER_INFO, McpRoute } from './mcp.route.js';
import { type McpServerInfo } from './tool.server.js';
import { ToolsExplorer } from './tools.explorer.js';

export interface EieMcpOptions extends McpServerInfo {
  /** The path of the MCP route, such as `mcp`. With a global prefix it lies behind that, and so must `resource`. */
  readonly path: string;
}

/** Serves the tools of the application to MCP clients. Needs `EieModule.forRoot()`, which protects the route. */
@Module({})
export class EieMcpModule {
  static register({ path, name, version }: EieMcpOptions): DynamicModule {
    class McpController extends McpRoute {}
    Controller(path)(McpController);
    return {
      module: EieMcpModule,
      imports: [DiscoveryModule],
      controllers: [McpController],
      providers: [
        { provide: MCP_SERVER_INFO, useValue: { name, version } satisfies McpServerInfo },
        {
          provide: ToolsExplorer,
          useFactory: (...parts: ConstructorParameters<typeof ToolsExplorer>) => new ToolsExplorer(...parts),
          inject: [DiscoveryService, MetadataScanner, Reflector, ExternalContextCreator, ModuleRef, TargetRegistry],
        },
      ],
    };
  }
}
