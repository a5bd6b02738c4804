import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Transport } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { Authenticated, DelegationService, EieModule, type EieOptions, IdentityRevocation } from 'nestjs-eie';
import { EieMcpModule } from 'nestjs-eie/mcp';
import { EieReceiverModule } from 'nestjs-eie/receiver';
import { RecordingLog } from '../support/app.js';
import { MCP, ORDERS, SERVER_CLIENT, startWorld, TRUST_DOMAIN, type World } from '../support/world.js';

let world: World;
let auditLog: RecordingLog;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());
beforeEach(() => {
  auditLog = new RecordingLog();
});

const options = (): EieOptions => ({ resource: MCP, issuers: [world.issuerOptions()], audit: { log: auditLog } });
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
async function worksWithoutHttp(context: { get<T>(type: abstract new (...args: never[]) => T, options?: object): T }) {
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

  it('refuses to boot beside EieReceiverModule, and says what to do', async () => {
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
    const app = await NestFactory.create(Application, quiet);
    await expect(app.init()).rejects.toThrow(/EieModule and EieReceiverModule.*make two applications of it/s);
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

@Module({ providers: [Existing], exports: [Existing] })
class ExistingModule {}
