import 'reflect-metadata';
import { type DynamicModule, type INestApplication } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { type Part } from './part.js';

/** Serves a Nest application on the loopback interface. */
export async function listen(module: DynamicModule, adapter: AbstractHttpAdapter, port: number): Promise<Part> {
  const app: INestApplication = await NestFactory.create(module, adapter, {
    logger: ['warn', 'error', 'fatal'],
    abortOnError: false,
    forceCloseConnections: true,
  });
  await app.listen(port, '127.0.0.1');
  return {
    server: app.getHttpServer() as NonNullable<Part['server']>,
    close: () => app.close(),
  };
}
