import { type Server } from 'node:http';
import { Controller, Get, Module } from '@nestjs/common';
import { type NestApplication, NestFactory } from '@nestjs/core';
import { Authenticated, EieModule, Identity } from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController } from 'nestjs-eie/mcp';
import { createAdapter, RecordingLog } from '../support/app.js';
import { keepConnections } from '../support/loopback.js';
import { MCP } from '../support/world.js';
import { type Parts, type Setting } from './fixture.js';

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
export async function boot(build: () => Parts | Promise<Parts>, setting: Setting): Promise<Booted> {
  let app: NestApplication | undefined;
  try {
    app = await create(await build(), setting);
    await app.listen(0, '127.0.0.1');
    keepConnections(app.getHttpServer() as Server);
    const answer = await fetch(`${await app.getUrl()}/me`, {
      headers: { authorization: `Bearer ${setting.world.userToken()}` },
    });
    return { error: undefined, kind: undefined, answers: (await answer.text()) === 'alice' };
  } catch (error) {
    const { name, message } = error as Error;
    return { error: message, kind: name, answers: false };
  } finally {
    await app?.close().catch(() => undefined);
  }
}

function create(parts: Parts, { world, adapter }: Setting): Promise<NestApplication> {
  const { options, routes = [{ path: 'mcp', name: 'shop', version: '1.0.0' }], prepare, ...metadata } = parts;
  @Module({
    imports: [
      EieModule.forRoot({
        resource: MCP,
        issuers: [world.issuerOptions()],
        signing: 'ephemeral',
        audit: { log: new RecordingLog() },
        ...options,
      }),
      ...routes.map(route => EieMcpModule.register(route)),
      ...(metadata.imports ?? []),
    ],
    controllers: [ProfileController, ...(metadata.controllers ?? [])],
    providers: [ProfileTools, ...(metadata.providers ?? [])],
  })
  class Application {}
  return NestFactory.create<NestApplication>(Application, createAdapter(adapter), {
    logger: false,
    abortOnError: false,
    forceCloseConnections: true,
  }).then(app => {
    prepare?.(app);
    return app;
  });
}
