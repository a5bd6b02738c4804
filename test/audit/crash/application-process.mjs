// A Nest application with its own audit log in the folder it is told. Its handler has an effect: a request to the API it is told.
import 'reflect-metadata';
import { Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { EieModule, Identity, RequireScopes } from 'nestjs-eie';
import { RESOURCE } from '../../hostile/issuers.mjs';

process.on('message', async ({ issuers, directory, api }) => {
  class OrdersController {
    async order(identity) {
      await fetch(`${api}/${identity.meta.id}`, { method: 'POST' });
      return { ok: true };
    }
  }
  Reflect.defineMetadata('design:paramtypes', [Object], OrdersController.prototype, 'order');
  Identity()(OrdersController.prototype, 'order', 0);
  const descriptor = Object.getOwnPropertyDescriptor(OrdersController.prototype, 'order');
  for (const decorate of [Post(), RequireScopes('orders:read')])
    decorate(OrdersController.prototype, 'order', descriptor);
  Controller('orders')(OrdersController);

  class Application {}
  Module({
    imports: [EieModule.forRoot({ resource: RESOURCE, issuers, audit: { directory, instance: 'killed' } })],
    controllers: [OrdersController],
  })(Application);
  const app = await NestFactory.create(Application, new FastifyAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  process.send({ port: app.getHttpServer().address().port });
});
process.on('disconnect', () => process.exit());
