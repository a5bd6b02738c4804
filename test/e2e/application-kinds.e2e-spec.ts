import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Transport } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import {
  Authenticated,
  Delegated,
  type DelegatedFetch,
  DelegationService,
  type EieFeatureOptions,
  EieModule,
  type EieOptions,
  IdentityRevocation,
} from 'nestjs-eie';
import { EieMcpModule } from 'nestjs-eie/mcp';
import { EieReceiverModule } from 'nestjs-eie/receiver';
import { ADAPTERS, createAdapter, RecordingLog } from '../support/app.js';
import { declaringModule } from '../support/declaring.js';
import { MCP, ORDERS, SERVER_CLIENT, startWorld, TRUST_DOMAIN, type World } from '../support/world.js';

let world: World;
let auditLog: RecordingLog;

describe('every kind of application', () => {
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());
  beforeEach(() => {
    auditLog = new RecordingLog();
  });

  const options = (): EieOptions => ({ resource: MCP, issuers: [world.issuerOptions()], audit: { log: auditLog } });
  @Controller('orders')
  class Orders {
    @Get()
    @Authenticated()
    status(@Delegated('orders_api') _orders: DelegatedFetch) {}
  }

  const quiet = { logger: false as const, abortOnError: false };

  @Controller('whoami')
  class Whoami {
    @Get()
    @Authenticated()
    whoami() {
      return 'somebody';
    }
  }

  /** What works without HTTP: an identity is revoked and recorded, and a forged one is refused and recorded. */
  async function worksWithoutHttp(context: {
    get<T>(type: abstract new (...args: never[]) => T, options?: object): T;
  }) {
    await context.get(IdentityRevocation, { strict: false }).purge({ issuer: world.issuer, sub: 'alice' });
    const forged = context.get(DelegationService, { strict: false }).for({} as never, 'orders_api');
    await expect(forged('/')).rejects.toMatchObject({ code: 'identity_forged' });
    expect(auditLog.types()).toEqual(['identity.revoked', 'delegation.refused']);
  }

  describe('EieModule', () => {
    it('boots in an application context, where nothing is served and everything else works', async () => {
      @Module({ imports: [EieModule.forRoot(options())] })
      class Application {}
      const context = await NestFactory.createApplicationContext(Application, quiet);
      await worksWithoutHttp(context);
      await context.close();
    });

    it('boots in a microservice without handlers of its own', async () => {
      @Module({ imports: [EieModule.forRoot(options())] })
      class Application {}
      const microservice = await NestFactory.createMicroservice(Application, {
        ...quiet,
        transport: Transport.TCP,
        options: { host: '127.0.0.1', port: 0 },
      } as never);
      await microservice.init();
      await worksWithoutHttp(microservice);
      await microservice.close();
    });

    it('boots in a testing module without an application', async () => {
      const module = await Test.createTestingModule({ imports: [EieModule.forRoot(options())] })
        .setLogger(false as never)
        .compile();
      await module.init();
      await worksWithoutHttp(module);
      await module.close();
    });

    it.each<[string, () => object]>([
      ['useFactory', () => ({ useFactory: () => Promise.resolve(options()) })],
      ['useClass', () => ({ useClass: Existing })],
      ['useExisting', () => ({ useExisting: Existing, imports: [ExistingModule] })],
    ])('takes its options from %s', async (_way, given) => {
      const module = await Test.createTestingModule({
        imports: [EieModule.forRootAsync(given())],
        controllers: [Whoami],
      })
        .setLogger(false as never)
        .compile();
      const app = module.createNestApplication({ logger: false });
      await app.listen(0, '127.0.0.1');
      const answer = await fetch(`${await app.getUrl()}/whoami`, {
        headers: { authorization: `Bearer ${world.userToken()}` },
      });
      expect([answer.status, await answer.text()]).toEqual([200, 'somebody']);
      await app.close();
    });

    it.each(ADAPTERS)('refuses to boot beside EieReceiverModule on %s, and says what to do', async adapter => {
      const sealer = {
        issuer: MCP,
        jwks: world.sealing.jwks as never,
        presenters: [{ issuer: world.issuer, clientId: SERVER_CLIENT }],
      };
      const receiver = EieReceiverModule.forRoot({
        service: 'orders_api',
        resource: ORDERS,
        issuers: [world.issuerOptions({ audience: [ORDERS] })],
        trust: { trustDomain: TRUST_DOMAIN, issuers: [sealer] },
        audit: { log: auditLog },
      });
      @Module({ imports: [EieModule.forRoot(options()), receiver] })
      class Application {}
      const app = await NestFactory.create(Application, createAdapter(adapter), quiet);
      await expect(app.init()).rejects.toThrow(/EieModule and EieReceiverModule.*make two applications of it/s);
    });

    it.each<[string, () => object]>([
      ['useFactory', () => ({ useFactory: () => feature() })],
      ['useClass', () => ({ useClass: ExistingFeature })],
      ['useExisting', () => ({ useExisting: ExistingFeature, imports: [ExistingModule] })],
    ])('takes the targets of a feature from %s', async (_way, given) => {
      const module = await Test.createTestingModule({
        imports: [EieModule.forRoot(options()), EieModule.forFeatureAsync(given()), declaringModule('orders_api')],
        controllers: [Orders],
      })
        .setLogger(false as never)
        .compile();
      const app = module.createNestApplication({ logger: false });
      await app.init();
      await app.close();
    });

    it('is named when it is missing behind @Delegated()', async () => {
      @Module({ controllers: [Orders] })
      class Application {}
      const booting = NestFactory.create(Application, quiet).then(app => app.init());
      await expect(booting).rejects.toThrow(/@Delegated\(\) needs EieModule: import EieModule\.forRoot\(\)/);
    });

    it('is named when it is missing beside EieMcpModule', async () => {
      @Module({ imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' })] })
      class Application {}
      const booting = NestFactory.create(Application, quiet).then(app => app.init());
      await expect(booting).rejects.toThrow(/needs EieModule: import EieModule\.forRoot\(\)/);
    });
  });

  @Injectable()
  class Existing {
    create(): EieOptions {
      return options();
    }
  }

  const feature = (): EieFeatureOptions => ({
    targets: {
      orders_api: {
        mode: 'service_identity',
        baseUrl: 'https://orders.shop.test',
        issuer: world.issuer,
        resource: ORDERS,
        scopes: ['orders:read'],
        external: true,
      },
    },
  });

  @Injectable()
  class ExistingFeature {
    create(): EieFeatureOptions {
      return feature();
    }
  }

  @Injectable()
  class ExistingRoute {
    create() {
      return { name: 'shop', version: '1.0.0' };
    }
  }

  @Module({
    providers: [Existing, ExistingFeature, ExistingRoute],
    exports: [Existing, ExistingFeature, ExistingRoute],
  })
  class ExistingModule {}

  describe('EieMcpModule', () => {
    it.each<[string, () => object]>([
      ['useFactory', () => ({ useFactory: () => ({ name: 'shop', version: '1.0.0' }) })],
      ['useClass', () => ({ useClass: ExistingRoute })],
      ['useExisting', () => ({ useExisting: ExistingRoute, imports: [ExistingModule] })],
    ])('takes its name and version from %s', async (_way, given) => {
      const module = await Test.createTestingModule({
        imports: [EieModule.forRoot(options()), EieMcpModule.registerAsync({ path: 'mcp', ...given() })],
      })
        .setLogger(false as never)
        .compile();
      const app = module.createNestApplication({ logger: false });
      await app.listen(0, '127.0.0.1');
      const client = new Client({ name: 'host', version: '1.0.0' });
      const url = new URL(`${await app.getUrl()}/mcp`);
      await client.connect(
        new StreamableHTTPClientTransport(url, {
          requestInit: { headers: { authorization: `Bearer ${world.userToken()}` } },
        }),
      );
      expect(client.getServerVersion()).toMatchObject({ name: 'shop', version: '1.0.0' });
      await client.close();
      await app.close();
    });
  });
});
