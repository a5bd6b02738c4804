import { Controller, type DynamicModule, Module, type Provider } from '@nestjs/common';
import {
  DiscoveryModule,
  DiscoveryService,
  ExternalContextCreator,
  MetadataScanner,
  ModuleRef,
  Reflector,
} from '@nestjs/core';
import { AuditRecorder } from 'execution-identity/internal';
import { Authorizer } from '../authorization/authorizer.js';
import { declareResource, Resources } from '../http/resources.js';
import { TargetRegistry } from '../delegation/targets/target-registry.js';
import { EieOptions } from '../options/eie.options.js';
import { readOptions } from '../options/read-options.js';
import { McpExplorer } from './runtime/mcp.explorer.js';
import { EieMcpOptions } from './mcp.options.js';
import { MCP_OPTIONS, McpRoute } from './runtime/mcp.route.js';
import { declareServed, RouteAssignment } from './runtime/route-assignment.js';
import { McpStdio } from './stdio/stdio.js';

const STDIO: Provider = {
  provide: McpStdio,
  useFactory: (...parts: ConstructorParameters<typeof McpStdio>) => new McpStdio(...parts),
  inject: [McpExplorer, Authorizer, AuditRecorder, Resources, EieOptions, MCP_OPTIONS],
};

/** Serves tools, resources and prompts of the application to MCP clients. Needs `EieModule.forRoot()`, which protects the route. */
@Module({})
export class EieMcpModule {
  /**
   * Once for each route. Several need `include`, and each may have a `resource` of its own.
   *
   * @throws EieConfigurationError naming each wrong option
   */
  static register(input: EieMcpOptions): DynamicModule {
    const options = readOptions(EieMcpOptions, input, 'EieMcpModule.register()');
    class McpController extends McpRoute {}
    Controller(options.path)(McpController);
    declareServed(McpController, options.include ?? 'all');
    if (options.resource !== undefined) declareResource(McpController, options.resource);
    return {
      module: EieMcpModule,
      imports: [DiscoveryModule],
      controllers: [McpController],
      providers: [
        { provide: MCP_OPTIONS, useValue: options },
        {
          provide: RouteAssignment,
          useFactory: (discovery: DiscoveryService) => new RouteAssignment(discovery, options.include ?? 'all'),
          inject: [DiscoveryService],
        },
        {
          provide: McpExplorer,
          useFactory: (...parts: ConstructorParameters<typeof McpExplorer>) => new McpExplorer(...parts),
          inject: [
            DiscoveryService,
            MetadataScanner,
            Reflector,
            ExternalContextCreator,
            ModuleRef,
            TargetRegistry,
            RouteAssignment,
          ],
        },
        ...(options.stdio ? [STDIO] : []),
      ],
    };
  }
}
