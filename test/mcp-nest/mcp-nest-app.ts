import { Controller, type INestApplication, type Type } from '@nestjs/common';
import { type StandardSchemaV1 } from '@modelcontextprotocol/server';
import { type McpServerOptions, StreamableHttpTransport } from '@rekog/mcp-nest';
import { EieMcpControllerFor, type RouteAccessOptions, EieMcpStrategy } from 'nestjs-eie/mcp-nest';
import { type AppSetup, startApp, type TestApp } from '../support/app.js';
import { type World } from '../support/world.js';

export interface McpNestSetup extends AppSetup {
  strategy?: EieMcpStrategy;
  route?: RouteAccessOptions;
  /** How the application connects the strategy. */
  join?: (app: INestApplication, strategy: EieMcpStrategy) => void;
}

export const strategyWith = (options: Partial<McpServerOptions> = {}): EieMcpStrategy =>
  new EieMcpStrategy({
    name: 'shop',
    version: '1.0.0',
    logging: false,
    transports: [new StreamableHttpTransport()],
    ...options,
  });

export function routeFor(strategy: EieMcpStrategy, options?: RouteAccessOptions, path = 'mcp'): Type {
  @Controller(path)
  class McpController extends EieMcpControllerFor(strategy, options) {}
  return McpController;
}

/** Connects it as the documentation says. */
export const connected = (app: INestApplication, strategy: EieMcpStrategy): unknown =>
  app.connectMicroservice({ strategy }, { inheritAppConfig: true });

/** A server of mcp-nest behind the boundary, at `/mcp`. */
export async function startMcpNest(
  world: World,
  { strategy = strategyWith(), route, join = connected, ...setup }: McpNestSetup,
): Promise<TestApp> {
  const shop = await startApp(world, {
    ...setup,
    controllers: [routeFor(strategy, route), ...(setup.controllers ?? [])],
    prepare(app) {
      setup.prepare?.(app);
      join(app, strategy);
    },
  });
  await shop.app.startAllMicroservices().catch(async (error: unknown) => {
    await shop.close();
    throw error;
  });
  return shop;
}

/** An object with a ticket, after a check that takes its time: other calls get in before the decision. For mcp-nest, one of its own kinds of schema. */
export const checkedSlowly = (check: () => Promise<unknown>): StandardSchemaV1 => {
  const schema = {
    '~standard': {
      version: 1 as const,
      vendor: 'test',
      validate: async (value: unknown) => (await check(), { value }),
      jsonSchema: {
        input: () => ({ type: 'object', properties: { ticket: { type: 'string' } } }),
        output: () => ({ type: 'object' }),
      },
    },
  };
  return schema;
};
