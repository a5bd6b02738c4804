import { type Server } from 'node:http';
import { Controller, Get, type LoggerService, Module } from '@nestjs/common';
import { type NestApplication, NestFactory } from '@nestjs/core';
import { Authenticated, EieModule, Identity } from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController } from 'nestjs-eie/mcp';
import { callTool, connect, createAdapter, RecordingLog } from '../support/app.js';
import { keepConnections } from '../support/loopback.js';
import { MCP } from '../support/world.js';
import { type Fixture, type Parts, type Setting } from './fixture.js';

@Controller('me')
class ProfileController {
  @Get()
  @Authenticated()
  me(@Identity('actor.sub') user: string) {
    return user;
  }
}

@ToolController()
export class ProfileTools {
  @Tool({ name: 'whoami' })
  @Authenticated()
  whoami(@Identity('actor.sub') user: string) {
    return user;
  }
}

/** How an application ended its boot. */
export interface Booted {
  /** What it said when it refused; `undefined` where it serves. */
  readonly error: string | undefined;
  /** The name of the class of the error. */
  readonly kind: string | undefined;
  /** Whether it answers alice who she is. */
  readonly answers: boolean;
}

/** Boots the application as `main.ts` does it, asks it one question where it serves, and closes it. */
export async function boot(
  build: () => Parts | Promise<Parts>,
  setting: Setting,
  calls?: Fixture['calls'],
): Promise<Booted> {
  let app: NestApplication | undefined;
  try {
    app = await create(await build(), setting);
    await app.listen(0, '127.0.0.1');
    keepConnections(app.getHttpServer() as Server);
    const url = await app.getUrl();
    const token = setting.world.userToken();
    const answer = await fetch(`${url}/me`, { headers: { authorization: `Bearer ${token}` } });
    const answers = (await answer.text()) === 'alice' && (!calls || (await answersCall(url, token, calls)));
    return { error: undefined, kind: undefined, answers };
  } catch (error) {
    const { name, message } = error as Error;
    return { error: message, kind: name, answers: false };
  } finally {
    await app?.close().catch(() => undefined);
  }
}

/** Whether a tool answers a client of MCP. */
export async function answersCall(url: string, token: string, { tool, input }: NonNullable<Fixture['calls']>) {
  const client = await connect(url, token);
  try {
    return !(await callTool(client, tool, input)).isError;
  } finally {
    await client.close();
  }
}

/** The application, not yet listening. */
export function create(
  parts: Parts,
  { world, adapter }: Pick<Setting, 'world' | 'adapter'>,
  logger: LoggerService | false = false,
): Promise<NestApplication> {
  const {
    options,
    bare,
    withoutModule,
    routes = [{ path: 'mcp', name: 'shop', version: '1.0.0' }],
    prepare,
    ...metadata
  } = parts;
  @Module({
    imports: [
      ...(withoutModule
        ? []
        : [
            EieModule.forRoot({
              resource: MCP,
              issuers: [world.issuerOptions()],
              signing: 'ephemeral',
              audit: { log: new RecordingLog() },
              ...options,
            }),
          ]),
      ...routes.map(route => EieMcpModule.register(route)),
      ...(metadata.imports ?? []),
    ],
    controllers: [ProfileController, ...(metadata.controllers ?? [])],
    providers: [...(bare ? [] : [ProfileTools]), ...(metadata.providers ?? [])],
  })
  class Application {}
  return NestFactory.create<NestApplication>(Application, createAdapter(adapter), {
    logger,
    abortOnError: false,
    forceCloseConnections: true,
  }).then(app => {
    prepare?.(app);
    return app;
  });
}
