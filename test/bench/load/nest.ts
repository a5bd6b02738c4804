import { type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type INestApplication, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type Started } from './serve.js';

export type Adapter = 'fastify' | 'express';

export interface NestContender extends ModuleMetadata {
  /** Before the application listens. */
  prepare?(app: INestApplication): Promise<unknown>;
}

export async function createNest({ prepare, ...metadata }: NestContender, adapter: Adapter): Promise<INestApplication> {
  class BenchModule {}
  Module(metadata)(BenchModule);
  const http = adapter === 'express' ? new ExpressAdapter() : new FastifyAdapter();
  const app = await NestFactory.create(BenchModule, http as never, { logger: ['error', 'warn'] });
  await prepare?.(app);
  return app;
}

export async function startNest(contender: NestContender, adapter: Adapter): Promise<Started> {
  const app = await createNest(contender, adapter);
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  return { port, close: () => app.close() };
}
