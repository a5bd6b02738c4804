import { Controller, Get, Param } from '@nestjs/common';
import { Delegated, type DelegatedFetch, IdentityRevocation, RequireScopes } from 'nestjs-eie';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { ordersTarget } from '../support/orders.js';
import { until } from '../support/until.js';
import { startWorld, type World } from '../support/world.js';
import { startJobApp } from '../jobs/job-app.js';

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;
const READS: Record<string, (orders: DelegatedFetch) => Promise<unknown>> = {
  json: orders => orders.json('/'),
  body: async orders => (await orders('/')).text(),
};

let ended: unknown[];

@Controller('read')
@RequireScopes('orders:read')
class ReadingController {
  @Get(':how')
  async read(@Param('how') how: string, @Delegated('orders_api') orders: DelegatedFetch) {
    ended.push(await READS[how]!(orders).catch(codeOf));
  }
}

describe('an answer of an API that never ends', () => {
  let world: World;
  let api: Loopback;
  let open: number;
  let app: TestApp;

  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world?.close());
  beforeEach(async () => {
    [ended, open] = [[], 0];
    api = await startLoopback((_request, response) => {
      open++;
      response.write('[');
      const more = setInterval(() => response.write(' '), 20);
      response.on('close', () => {
        clearInterval(more);
        open--;
      });
    });
  });
  afterEach(() => Promise.all([app?.close(), api?.close()]));

  describe.each(ADAPTERS)('on %s,', adapter => {
    const start = async (callDeadline: number) => {
      const targets = { orders_api: ordersTarget(world, api.url) };
      app = await startApp(world, {
        adapter,
        controllers: [ReadingController],
        options: { targets, limits: { callDeadline } },
      });
    };
    const read = (how: string, signal?: AbortSignal) =>
      fetch(`${app.url}/read/${how}`, {
        headers: { authorization: `Bearer ${world.userToken({ scope: 'orders:read' })}` },
        ...(signal && { signal }),
      });

    it.each(Object.keys(READS))('is read no further when its user is revoked, by %s', async how => {
      await start(300);
      const answer = read(how);
      await until(() => open === 1);
      await app.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'alice' });
      expect((await answer).status).toBe(401);
      await until(() => ended.length === 1 && open === 0);
      expect(ended).toEqual(['identity_revoked']);
    });

    it.each(Object.keys(READS))('is read no further when nobody waits for its call any more, by %s', async how => {
      await start(1);
      const leaving = new AbortController();
      const answer = read(how, leaving.signal);
      await until(() => open === 1);
      leaving.abort();
      await expect(answer).rejects.toThrow();
      await until(() => ended.length === 1 && open === 0);
      expect(ended).toEqual(['call_overdue']);
      await until(() => app.auditLog.types().includes('execution.outcome'));
      expect(app.auditLog.last('execution.outcome')).toMatchObject({ outcome: 'failed', reason: 'aborted' });
    });
  });

  it('is read no further by a job whose user is revoked', async () => {
    const jobs = await startJobApp(world, {
      targets: ['orders_api'],
      options: { targets: { orders_api: { ...ordersTarget(world, api.url), mode: 'service_identity' } } },
      work: async (identity, _job, delegation) =>
        void ended.push(await delegation.for(identity, 'orders_api').json('/').catch(codeOf)),
    });
    app = jobs;
    const run = jobs.run(await jobs.seal(world.userToken({ scope: 'orders:read' }))).catch(codeOf);
    await until(() => open === 1);
    await jobs.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'alice' });
    expect(await run).toBe('identity_revoked');
    await until(() => ended.length === 1 && open === 0);
    expect(ended).toEqual(['identity_revoked']);
  });
});
