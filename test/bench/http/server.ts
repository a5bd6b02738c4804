import { type AddressInfo } from 'node:net';
import { type Server } from 'node:http';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { serve } from '../load/serve.js';
import { HTTP_CONTENDERS, type Setting } from './contenders.js';

export const ADAPTERS = ['fastify', 'express'] as const;

export interface HttpServerAbout extends Setting {
  readonly adapter: (typeof ADAPTERS)[number];
  readonly contender: string;
}

serve<HttpServerAbout>(async ({ adapter, contender, ...setting }) => {
  const { prepare, ...metadata } = await HTTP_CONTENDERS[contender]!(setting);
  class BenchModule {}
  Module(metadata)(BenchModule);
  const app = await NestFactory.create(
    BenchModule,
    adapter === 'express' ? new ExpressAdapter() : (new FastifyAdapter() as never),
    { logger: ['error', 'warn'] },
  );
  await prepare?.(app);
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  return { port, close: () => app.close() };
});
