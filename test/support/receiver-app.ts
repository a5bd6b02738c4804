import { type IncomingHttpHeaders, type Server } from 'node:http';
import { type INestApplication, type ModuleMetadata, type Provider, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { EieReceiverModule, type EieReceiverOptions } from 'nestjs-eie/receiver';
import { keepConnections, onTheWire } from './loopback.js';
import { type Adapter, createAdapter, RecordingLog, type TestApp } from './app.js';
import { MCP, SERVER_CLIENT, TRUST_DOMAIN, type World } from './world.js';

interface Handlers {
  controllers: Type[];
  adapter?: Adapter;
  providers?: Provider[];
  imports?: ModuleMetadata['imports'];
}

export interface ReceiverSetup extends Handlers {
  service: string;
  resource: string;
  options?: Partial<EieReceiverOptions>;
}

export interface ReceiverApp extends TestApp {
  /** The headers of every request, as they came over the wire. */
  received: IncomingHttpHeaders[];
}

/** Believes the MCP server, unless told otherwise. */
export function trust(
  world: World,
  presenters: EieReceiverOptions['trust']['issuers'][number]['presenters'] = [
    { issuer: world.issuer, clientId: SERVER_CLIENT },
  ],
): EieReceiverOptions['trust'] {
  return { trustDomain: TRUST_DOMAIN, issuers: [{ issuer: MCP, jwks: world.sealing.jwks, presenters }] };
}

/** A downstream Nest service that believes the MCP server's sealed envelopes, on real HTTP. */
export function startReceiver(
  world: World,
  { service, resource, options, ...handlers }: ReceiverSetup,
): Promise<ReceiverApp> {
  return startReceiverWith(
    {
      service,
      resource,
      issuers: [world.issuerOptions({ audience: [resource] })],
      trust: trust(world),
      ...options,
    },
    handlers,
  );
}

/** A downstream Nest service that believes what its options say. */
export async function startReceiverWith(
  options: EieReceiverOptions,
  { controllers, adapter = 'express', providers = [], imports = [] }: Handlers,
): Promise<ReceiverApp> {
  const auditLog = new RecordingLog();
  const received: IncomingHttpHeaders[] = [];
  const module = await Test.createTestingModule({
    controllers,
    providers,
    imports: [EieReceiverModule.forRoot({ audit: { log: auditLog }, ...options }), ...imports],
  })
    .setLogger(false as never)
    .compile();
  const app: INestApplication = module.createNestApplication(createAdapter(adapter), { logger: false });
  await app.listen(0, '127.0.0.1');
  const server = app.getHttpServer() as Server;
  keepConnections(server);
  // A connection that a client has opened and not used yet would keep the server for half a minute.
  const close = (): Promise<void> => {
    server.closeAllConnections();
    return app.close();
  };
  onTheWire(app, headers => received.push({ ...headers }));
  return { app, auditLog, received, url: await app.getUrl(), close };
}
