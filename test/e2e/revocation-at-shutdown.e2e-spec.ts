import { type Server } from 'node:http';
import { Controller, Get } from '@nestjs/common';
import { Authenticated, IdentityRevocation, MemoryRevocationStore, type RevokedIdentity } from 'nestjs-eie';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { until } from '../support/until.js';
import { startWorld, type World } from '../support/world.js';

let started: () => void;
let goOn: () => void;

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  async me() {
    const resumed = new Promise<void>(resolve => (goOn = resolve));
    started();
    await resumed;
    return 'a secret';
  }
}

/** Its connection is closed before the application has stopped. */
class ClosedEarly extends MemoryRevocationStore {
  override async subscribe(listener: (revoked: RevokedIdentity) => void): Promise<() => Promise<void>> {
    await super.subscribe(listener);
    return () => new Promise(() => {});
  }
}

describe.each(ADAPTERS)('an application on %s that is closed', adapter => {
  let world: World;
  let open: TestApp[];
  beforeAll(async () => {
    world = await startWorld();
  });
  beforeEach(() => {
    open = [];
  });
  afterEach(() => Promise.all(open.map(one => one.close())));
  afterAll(() => world?.close());

  const start = async (revocation: MemoryRevocationStore): Promise<TestApp> => {
    const app = await startApp(world, { adapter, controllers: [MeController], options: { ports: { revocation } } });
    open.push(app);
    return app;
  };

  it('withholds the answer of a call that still runs from whoever is revoked at another instance', async () => {
    const store = new MemoryRevocationStore();
    const [closing, other] = [await start(store), await start(store)];
    const running = new Promise<void>(resolve => (started = resolve));
    const authorization = `Bearer ${world.userToken({ issuedAt: Math.floor(Date.now() / 1000) - 10 })}`;
    const answer = fetch(`${closing.url}/me`, { headers: { authorization, connection: 'close' } });
    await running;
    const server = closing.app.getHttpServer() as Server;
    open = [other];
    const closed = closing.close();
    await until(() => !server.listening);
    await other.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'alice' });
    goOn();
    expect((await answer).status).toBe(401);
    expect(closing.auditLog.last('execution.outcome')).toMatchObject({ outcome: 'failed', reason: 'identity_revoked' });
    server.closeAllConnections();
    await closed;
  });

  it('stops, though the revocation store does not answer by then', async () => {
    const app = await start(new ClosedEarly());
    open = [];
    await app.close();
    expect((app.app.getHttpServer() as Server).listening).toBe(false);
  });
});
