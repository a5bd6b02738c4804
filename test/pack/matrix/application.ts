import 'reflect-metadata';
import { Controller, Get, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { EieModule, Identity, RequireScopes } from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController } from 'nestjs-eie/mcp';

const { ADAPTER = '', PORT = '', RESOURCE = '', ISSUER = '', JWKS_URI = '' } = process.env;

@ToolController()
class ProfileTools {
  @Tool({ name: 'whoami', description: 'Who the caller is' })
  @RequireScopes('profile:read')
  whoami(@Identity('actor.sub') user: string, @Identity('agent.id') agent: string) {
    return { user, agent };
  }
}

@Controller('profile')
class ProfileController {
  @Get()
  @RequireScopes('profile:read')
  read(@Identity('actor.sub') user: string) {
    return { user, node: process.versions.node };
  }
}

const actorType = { user: { claim: 'sub_profile', values: ['user'] } };
const issuers = [{ issuer: ISSUER, jwksUri: JWKS_URI, algorithms: ['ES256' as const], actorType }];

@Module({
  imports: [
    EieModule.forRoot({ resource: RESOURCE, issuers }),
    EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' }),
  ],
  controllers: [ProfileController],
  providers: [ProfileTools],
})
class AppModule {}

const create = (): Promise<INestApplication> =>
  ADAPTER === 'fastify' ? NestFactory.create(AppModule, new FastifyAdapter()) : NestFactory.create(AppModule);

// No await at the top, which CommonJS has not.
void create().then(application => application.listen(PORT, '127.0.0.1'));
