import {
  Controller,
  type DynamicModule,
  Inject,
  Module,
  type NestModule,
  Optional,
  type Provider,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { EieConfigurationError } from 'execution-identity';
import { type AsyncOptions, providerFrom } from '../configuration/configuration.providers.js';
import { configure } from '../configuration/eie-configuration.js';
import { declareResource } from '../http/resources.js';
import { optionNames } from '../options/constraints.js';
import { readOptions } from '../options/read-options.js';
import { EieMcpOptions } from './mcp.options.js';
import { EieMcpRouteOptions } from './route.options.js';
import { McpExplorer } from './runtime/mcp.explorer.js';
import { McpPipelines } from './runtime/mcp.pipelines.js';
import { McpRoute } from './runtime/mcp.route.js';
import { MCP_CONFIGURATION, McpServers } from './runtime/mcp.servers.js';
import { declareServed, RouteAssignment, SERVED_CLASSES } from './runtime/route-assignment.js';
import { McpStdio } from './stdio/mcp.stdio.js';

/** What the factory of `EieMcpModule.registerAsync()` returns: everything that is not about the route itself. */
type McpServerOptions = Omit<EieMcpOptions, keyof EieMcpRouteOptions>;

/** The route as it is written, and the rest from other providers. Nest makes the controller before it makes a provider. */
export type EieMcpAsyncOptions = EieMcpRouteOptions & AsyncOptions<McpServerOptions>;

const ROUTE_OPTIONS = optionNames(EieMcpRouteOptions);

/** Serves tools, resources and prompts of the application to MCP clients. Needs `EieModule.forRoot()`, which protects the route. */
@Module({})
export class EieMcpModule implements NestModule {
  readonly #routes: RouteAssignment;

  constructor(@Optional() @Inject(RouteAssignment) routes?: RouteAssignment) {
    if (!routes)
      throw new EieConfigurationError(
        'EieMcpModule is imported without options: import EieMcpModule.register({ path, name, version }) or registerAsync().',
      );
    this.#routes = routes;
  }

  /**
   * Once for each route. Several need `include`, and each may have a `resource` of its own.
   *
   * @throws EieConfigurationError naming each wrong option
   * @example EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' })
   */
  static register(input: EieMcpOptions): DynamicModule {
    const options = readOptions(EieMcpOptions, input, 'EieMcpModule.register()');
    return routeModule(options, { provide: MCP_CONFIGURATION, useFactory: () => configure(options) });
  }

  /**
   * The same with options from other providers, such as a name that the environment gives it. What Nest needs before it makes
   * any provider is given here: `path`, `include`, `resource`, `allowedHosts` and `allowedOrigins`.
   *
   * @throws EieConfigurationError naming each wrong option, those of the factory at boot
   * @example EieMcpModule.registerAsync({ path: 'mcp', inject: [ConfigService], useFactory: (config: ConfigService) => ({ name: config.get('NAME'), version: '1.0.0' }) })
   */
  static registerAsync({
    imports = [],
    useFactory,
    useClass,
    useExisting,
    inject,
    ...input
  }: EieMcpAsyncOptions): DynamicModule {
    const where = 'EieMcpModule.registerAsync()';
    const route = readOptions(EieMcpRouteOptions, input, where);
    const given = {
      ...(useFactory && { useFactory }),
      ...(useClass && { useClass }),
      ...(useExisting && { useExisting }),
      ...(inject && { inject }),
    };
    const options = (made: McpServerOptions): EieMcpOptions => {
      const misplaced = ROUTE_OPTIONS.filter(name => Object.hasOwn((made ?? {}) as object, name));
      if (misplaced.length)
        throw new EieConfigurationError(
          `${where}: ${misplaced.join(' and ')} must be given to registerAsync() itself, since Nest makes the route before it calls the factory.`,
        );
      return readOptions(EieMcpOptions, { ...made, ...route }, where);
    };
    const configuration = providerFrom(MCP_CONFIGURATION, given, made => configure(options(made)), where);
    return { ...routeModule(route, configuration), imports: [DiscoveryModule, ...imports] };
  }

  /** Before Nest registers the routes of the application. */
  configure(): void {
    this.#routes.assertOwnPaths();
  }
}

function routeModule(options: EieMcpRouteOptions, configuration: Provider): DynamicModule {
  const { path, include } = options;
  const served = include ?? 'all';
  class McpController extends McpRoute {}
  // Clients of MCP send the version of their protocol, and none of the application.
  Controller({ path, version: VERSION_NEUTRAL })(McpController);
  declareServed(McpController, served);
  declareResource(McpController, options);
  return {
    module: EieMcpModule,
    imports: [DiscoveryModule],
    controllers: [McpController],
    providers: [
      configuration,
      { provide: SERVED_CLASSES, useValue: served },
      RouteAssignment,
      McpPipelines,
      McpExplorer,
      McpServers,
      McpStdio,
    ],
  };
}
