import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { EieModule, type EieOptions } from 'nestjs-eie';
import { RecordingLog } from './app.js';
import { MCP, type World } from './world.js';

/** An application that speaks HTTP/2 without TLS, on loopback. */
export async function startHttp2(
  world: World,
  controllers: Type[],
  authorization: EieOptions['authorization'] = {},
): Promise<NestFastifyApplication> {
  const eie = EieModule.forRoot({
    resource: MCP,
    issuers: [world.issuerOptions()],
    signing: 'ephemeral',
    audit: { log: new RecordingLog() },
    authorization,
  });
  class Root {}
  Module({ imports: [eie], controllers })(Root);
  const adapter = new FastifyAdapter({ http2: true } as never);
  const app = await NestFactory.create<NestFastifyApplication>(Root, adapter, { logger: false });
  await app.listen(0, '127.0.0.1');
  return app;
}
