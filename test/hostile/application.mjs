import 'reflect-metadata';
import { performance } from 'node:perf_hooks';
import { Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IsString } from 'class-validator';
import {
  AuditLog,
  EieGuard,
  EieModule,
  Identity,
  IdentityRevocation,
  MemoryReplayStore,
  RequireScopes,
} from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { RESOURCE } from './issuers.mjs';

/** What a decorator on a method does, and one on its first parameter. */
function decorate(type, method, decorators, parameter, parameterType = Object) {
  Reflect.defineMetadata(
    'design:paramtypes',
    parameter.length > 1 ? [Object, parameterType] : [Object],
    type.prototype,
    method,
  );
  parameter.forEach((one, index) => one(type.prototype, method, index));
  for (const one of decorators) one(type.prototype, method, Object.getOwnPropertyDescriptor(type.prototype, method));
}

const KEEP_ALIVE_MS = 600_000;
const seen = ({ actor, agent }) => ({ sub: actor.sub, tenant: actor.tenant, agent: agent.id });

class OrdersController {
  read(identity) {
    return seen(identity);
  }
  post(identity) {
    return seen(identity);
  }
  admin(identity) {
    return seen(identity);
  }
}
decorate(OrdersController, 'read', [Get(), RequireScopes('orders:read')], [Identity()]);
decorate(OrdersController, 'post', [Post(), RequireScopes('orders:read')], [Identity()]);
decorate(OrdersController, 'admin', [Get('admin'), RequireScopes('orders:admin')], [Identity()]);
Controller('orders')(OrdersController);

class OrderQuery {}
IsString()(OrderQuery.prototype, 'orderId');

class Tools {
  whoami(identity) {
    return seen(identity);
  }
  find(identity) {
    return seen(identity);
  }
  refund(identity) {
    return seen(identity);
  }
}
decorate(Tools, 'whoami', [Tool({ name: 'whoami' }), RequireScopes('profile:read')], [Identity()]);
decorate(
  Tools,
  'find',
  [Tool({ name: 'find_order' }), RequireScopes('orders:read')],
  [Identity(), ToolInput()],
  OrderQuery,
);
decorate(Tools, 'refund', [Tool({ name: 'refund' }), RequireScopes('orders:admin')], [Identity()]);
ToolController()(Tools);

/** Keeps, for each trace id, what the library recorded since it was last asked. */
class CountingLog extends AuditLog {
  records = {};

  async append({ trace_id: traceId, type, reason, actor_sub: sub }) {
    (this.records[traceId] ??= []).push({ type, reason, sub });
  }
}

/** A Nest application behind the boundary on loopback, and what it observes of itself. */
export async function startApplication(issuers) {
  class Application {}
  const log = new CountingLog();
  Module({
    imports: [
      EieModule.forRoot({
        resource: RESOURCE,
        issuers,
        audit: { log },
        // Small, so that a flood can reach every limit of it.
        ports: { replay: new MemoryReplayStore(26_000) },
      }),
      EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' }),
    ],
    controllers: [OrdersController],
    providers: [Tools],
  })(Application);
  const app = await NestFactory.create(Application, new FastifyAdapter(), { logger: false });
  const times = timeRequests(app);
  await app.listen(0, '127.0.0.1');
  // The client makes its next requests in one go, which takes seconds: no connection may be closed under it meanwhile.
  app.getHttpServer().keepAliveTimeout = KEEP_ALIVE_MS;
  const { port } = app.getHttpServer().address();
  return {
    port,
    /** What happened since the last call: audit records, and milliseconds in the guard and in all, by trace id. */
    take() {
      const taken = { records: log.records, ...times.take() };
      log.records = {};
      return taken;
    },
    async purge(count) {
      const revocation = app.get(IdentityRevocation, { strict: false });
      for (let i = 0; i < count; i++) await revocation.purge({ issuer: issuers[0].issuer, sid: `session-${i}` });
    },
    close: () => app.close(),
  };
}

function timeRequests(app) {
  let [guard, total] = [{}, {}];
  const traceId = ({ headers }) => headers.traceparent?.slice(3, 35);
  app.getHttpServer().prependListener('request', (request, response) => {
    const [started, id] = [performance.now(), traceId(request)];
    response.once('close', () => (total[id] = performance.now() - started));
  });
  const instance = app.get(EieGuard, { strict: false });
  const canActivate = instance.canActivate.bind(instance);
  instance.canActivate = async context => {
    if (context.getType() !== 'http') return canActivate(context);
    const [started, id] = [performance.now(), traceId(context.switchToHttp().getRequest())];
    return canActivate(context).finally(() => (guard[id] = performance.now() - started));
  };
  return {
    take() {
      const taken = { guard, total };
      [guard, total] = [{}, {}];
      return taken;
    },
  };
}
