import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type NestContender } from '../load/nest.js';

/** A Nest application on Fastify that is called in this process: no socket, and no bytes of HTTP. */
export interface InjectedApp {
  /** @throws on an answer other than 200 */
  get(path: string, token: string): Promise<void>;
  close(): Promise<void>;
}

export async function injected({ prepare, ...metadata }: NestContender): Promise<InjectedApp> {
  class BenchModule {}
  Module(metadata)(BenchModule);
  const app = await NestFactory.create<NestFastifyApplication>(BenchModule, new FastifyAdapter() as never, {
    logger: ['error', 'warn'],
  });
  await prepare?.(app);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return {
    async get(url, token) {
      const answer = await app.inject({ method: 'GET', url, headers: { authorization: `Bearer ${token}` } });
      if (answer.statusCode !== 200) throw new Error(`Answered with ${answer.statusCode}: ${answer.body}`);
    },
    close: () => app.close(),
  };
}
