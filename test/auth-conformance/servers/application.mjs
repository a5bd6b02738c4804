import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AuditLog, EieModule } from 'nestjs-eie';
import { EieMcpModule } from 'nestjs-eie/mcp';
import { OrderTools, SharedTools } from './nest-tools.mjs';
import { SCOPES, startIssuer } from './setting.mjs';

const RESOURCE = 'https://mcp.shop.test/mcp';

class SilentLog extends AuditLog {
  async append() {}
}

/** A small application behind the boundary, with sessions for clients of the 2025 era and a hierarchy of scopes. */
export async function startApplication() {
  const { issuer, publicJwk, config } = await startIssuer(RESOURCE);
  class Application {}
  Module({
    imports: [
      EieModule.forRoot({
        resource: RESOURCE,
        issuers: [
          {
            issuer,
            jwks: { keys: [publicJwk] },
            algorithms: ['ES256'],
            actorType: { user: { claim: 'sub_profile', values: ['user'] } },
          },
        ],
        authorization: { scopesSupported: SCOPES, scopeHierarchy: { 'orders:admin': SCOPES } },
        audit: { log: new SilentLog() },
      }),
      EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0', sessions: true }),
    ],
    providers: [SharedTools, OrderTools],
  })(Application);
  const app = await NestFactory.create(Application, new FastifyAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  return {
    url: `http://127.0.0.1:${app.getHttpServer().address().port}/mcp`,
    // It calls nobody.
    config: { ...config, tools: { ...config.tools, downstream: undefined } },
    close: () => app.close(),
  };
}
