import './wire.js';
import { type Server } from 'node:http';
import { type INestApplication, type ModuleMetadata } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { type AuditEvent, AuditLog, EieModule, type EieOptions } from 'nestjs-eie';
import { EieMcpModule } from 'nestjs-eie/mcp';
import { keepConnections } from './loopback.js';
import { MCP, type World } from './world.js';

export const ADAPTERS = ['express', 'fastify'] as const;
export type Adapter = (typeof ADAPTERS)[number];
export const ERAS = ['2025-11-25', '2026-07-28'] as const;
export type Era = (typeof ERAS)[number];

/** Keeps what the library records, and can be told to refuse. */
export class RecordingLog extends AuditLog {
  /** What it records of callers. */
  readonly events: AuditEvent[] = [];
  /** The first record of each process. */
  readonly starts: AuditEvent[] = [];
  broken = false;

  append(event: AuditEvent): Promise<void> {
    if (this.broken) return Promise.reject(new Error('disk full'));
    (event.type === 'service.started' ? this.starts : this.events).push(event);
    return Promise.resolve();
  }

  types(): string[] {
    return this.events.map(event => event.type);
  }

  /** What was decided about handlers: clients open streams and lists at times of their own. */
  get decisions(): AuditEvent[] {
    return this.events.filter(({ type }) => type !== 'mcp.request');
  }

  /** All but the streams that clients of the 2025 era ask for at times of their own. */
  get withoutStreams(): AuditEvent[] {
    return this.events.filter(({ handler }) => handler !== 'mcp:GET');
  }

  last(type: AuditEvent['type']): AuditEvent {
    const found = this.events.findLast(event => event.type === type);
    if (!found) throw new Error(`no ${type} on the audit log, only ${this.types().join(', ')}`);
    return found;
  }
}

export interface TestApp {
  app: INestApplication;
  url: string;
  auditLog: RecordingLog;
  close(): Promise<void>;
}

export interface AppSetup extends ModuleMetadata {
  adapter?: Adapter;
  options?: Partial<EieOptions>;
  /** By default any that is free. */
  port?: number;
  /** Whether Nest registers its own parsers of bodies. */
  bodyParser?: boolean;
  prepare?: (app: INestApplication) => void;
}

export const createAdapter = (adapter: Adapter): ExpressAdapter =>
  adapter === 'express' ? new ExpressAdapter() : (new FastifyAdapter() as never);

/** A Nest application behind the boundary, on real HTTP. */
export async function startApp(
  world: Pick<World, 'issuerOptions'>,
  { adapter = 'express', options, port = 0, bodyParser = true, prepare, ...metadata }: AppSetup,
): Promise<TestApp> {
  const auditLog = new RecordingLog();
  const module = await Test.createTestingModule({
    ...metadata,
    imports: [
      EieModule.forRoot({
        resource: MCP,
        issuers: [world.issuerOptions()],
        signing: 'ephemeral',
        audit: { log: auditLog },
        ...options,
      }),
      ...(metadata.imports ?? []),
    ],
  })
    .setLogger(false as never)
    .compile();
  const app = module.createNestApplication(createAdapter(adapter), { logger: false, bodyParser });
  prepare?.(app);
  await app.listen(port, '127.0.0.1');
  keepConnections(app.getHttpServer() as Server);
  return { app, auditLog, url: await app.getUrl(), close: () => app.close() };
}

/** The same with the MCP route at `/mcp`. */
export function startMcpApp(world: World, setup: AppSetup): Promise<TestApp> {
  return startApp(world, {
    ...setup,
    imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' }), ...(setup.imports ?? [])],
  });
}

export async function connect(url: string, token: string, era: Era = '2026-07-28'): Promise<Client> {
  const client = new Client(
    { name: 'test-client', version: '1.0.0' },
    era === '2026-07-28' ? { versionNegotiation: { mode: 'auto' } } : {},
  );
  await client.connect(
    new StreamableHTTPClientTransport(new URL('/mcp', url), {
      requestInit: { headers: { authorization: `Bearer ${token}` } },
    }),
  );
  return client;
}

export interface ToolAnswer {
  isError: boolean;
  text: string;
  json: any;
  code: string | undefined;
}

export async function callTool(client: Client, name: string, args: Record<string, unknown> = {}): Promise<ToolAnswer> {
  const { content, isError, _meta } = await client.callTool({ name, arguments: args });
  const text = (content as { text: string }[])[0]?.text ?? '';
  return {
    isError: isError ?? false,
    text,
    json: parsed(text),
    code: (_meta?.['execution-identity/failure'] as { code?: string } | undefined)?.code,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
