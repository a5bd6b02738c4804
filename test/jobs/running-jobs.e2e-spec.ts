import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, Injectable } from '@nestjs/common';
import {
  Authenticated,
  type DelegatedFetch,
  type EieError,
  type ExecutionIdentityEnvelope,
  IdentityRevocation,
  JobHandler,
  Posture,
  Public,
  RequireApproval,
  RequireScopes,
} from 'nestjs-eie';
import { startApp } from '../support/app.js';
import { BillingController, billingTarget, ordersTarget } from '../support/orders.js';
import { type ReceiverApp, startReceiver } from '../support/receiver-app.js';
import { until } from '../support/until.js';
import { BILLING, startWorld, type World } from '../support/world.js';
import { JOB, type JobApp, startJobApp } from './job-app.js';

const codeOf = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => 'ran',
    (error: EieError) => error.code,
  );

describe('a job that runs', () => {
  let world: World;
  let billing: ReceiverApp;
  let server: JobApp;
  let work: (call: (target: string) => DelegatedFetch, identity: ExecutionIdentityEnvelope) => Promise<unknown>;
  const token = (sub = 'alice') => world.userToken({ sub, scope: 'orders:read billing:read' });
  const terms = { scopes: ['orders:read', 'billing:read'] };

  beforeAll(async () => {
    world = await startWorld();
    billing = await startReceiver(world, {
      service: 'billing_api',
      resource: BILLING,
      controllers: [BillingController],
    });
    server = await startJobApp(world, {
      targets: ['billing_api', 'orders_api'],
      options: {
        targets: {
          billing_api: billingTarget(world, billing.url),
          orders_api: ordersTarget(world, 'http://127.0.0.1:9'),
        },
      },
      work: (identity, job, delegation) => work(target => delegation.for(identity, target), identity),
    });
  });

  afterAll(async () => {
    await server.close();
    await billing.close();
    await world.close();
  });

  beforeEach(() => {
    server.done.length = 0;
    server.auditLog.events.length = 0;
    billing.auditLog.events.length = 0;
  });

  it('calls targets as this server, and its APIs learn whose job it is and in which trace', async () => {
    work = call => call('billing_api').json('/balance');
    await expect(server.run(await server.seal(token(), terms))).resolves.toMatchObject({
      sub: 'alice',
      agent: 'agent-desk-copilot',
      scopes: ['billing:read'],
      mode: 'service_identity',
      trace: server.auditLog.events[0]!.trace_id,
    });
    expect(server.auditLog.last('execution.outcome').delegations).toEqual([
      { target: 'billing_api', mode: 'service_identity' },
    ]);
  });

  it('calls no target that needs the token of its user: that was stopped at the server', async () => {
    work = call => call('orders_api').json('/api/orders');
    await expect(codeOf(server.run(await server.seal(token(), terms)))).resolves.toBe('delegation_in_job');
    expect(server.auditLog.last('delegation.refused')).toMatchObject({
      reason: 'delegation_in_job',
      target: 'orders_api',
      actor_sub: 'alice',
    });
    expect(server.auditLog.last('execution.outcome')).toMatchObject({ outcome: 'failed', reason: 'delegation_in_job' });
  });

  it('has no rights at a target that were not sealed', async () => {
    work = call => call('billing_api').json('/balance');
    const sealed = await server.seal(token(), { scopes: ['orders:read'] });
    await expect(codeOf(server.run(sealed))).resolves.toBe('delegation_scope_empty');
    expect(billing.auditLog.events).toEqual([]);
  });

  it('ends when its user is revoked, and does nothing more in that identity', async () => {
    let later: Promise<string> | undefined;
    work = async call => {
      later = new Promise<string>(resolve =>
        setTimeout(() => resolve(codeOf(call('billing_api').json('/balance'))), 50),
      );
      await sleep(60_000, undefined, { ref: false });
    };
    const running = codeOf(server.run(await server.seal(token('user-2'), terms)));
    await until(() => server.done.length === 1);
    await server.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'user-2' });
    await expect(running).resolves.toBe('identity_revoked');
    expect(server.done[0]!.job.signal.aborted).toBe(true);
    await expect(later).resolves.toBe('identity_revoked');
    expect(billing.auditLog.events).toEqual([]);
    expect(server.auditLog.last('execution.outcome')).toMatchObject({ outcome: 'failed', reason: 'identity_revoked' });
  });

  it('ends when it expires', async () => {
    work = () => sleep(60_000, undefined, { ref: false });
    const running = codeOf(server.run(await server.seal(token(), { ...terms, ttl: 2 })));
    await expect(running).resolves.toBe('identity_expired');
    expect(server.auditLog.last('execution.outcome')).toMatchObject({ outcome: 'failed', reason: 'identity_expired' });
  });

  it('fails with what its handler throws, which is recorded, and may run again', async () => {
    work = () => Promise.reject(new Error('no paper'));
    const sealed = await server.seal(token(), terms);
    await expect(server.run(sealed)).rejects.toThrow('no paper');
    expect(server.auditLog.last('execution.outcome')).toMatchObject({ outcome: 'failed', reason: 'error' });
    work = () => Promise.resolve('printed');
    await expect(server.run(sealed, { attempt: 2 })).resolves.toBe('printed');
  });

  it('can start a job, which lives no longer than itself and says who has started it', async () => {
    let inner: string | undefined;
    work = async (_call, identity) => {
      inner = await identity.forJob(
        { queue: 'reports', scopes: ['orders:read'], ttl: 86_400 },
        { ...JOB, id: 'job-2' },
      );
    };
    await server.run(await server.seal(token(), { ...terms, ttl: 600 }));
    const outer = server.auditLog.last('execution.outcome');
    const { exp, iat } = JSON.parse(Buffer.from(inner!.split('.')[1]!, 'base64url').toString()) as Record<
      'exp' | 'iat',
      number
    >;
    expect(exp - iat).toBeLessThanOrEqual(600);
    work = () => Promise.resolve(undefined);
    await server.run(inner, { id: 'job-2' });
    expect(server.auditLog.last('execution.intent').started_by).toBe(outer.envelope_id);
  });

  it('is in the posture, with its queue and its policy', () => {
    const { handlers } = server.app.get(Posture).document;
    expect(handlers.filter(({ kind }) => kind === 'job')).toMatchObject([
      { name: 'job:reports/delete', method: 'ReportJobs.delete', routes: ['queue reports'], policy: 'protected' },
      { name: 'job:reports/send', targets: [{ name: 'billing_api' }, { name: 'orders_api' }] },
    ]);
  });
});

describe('an application with handlers of jobs', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld();
  });

  afterAll(() => world.close());

  it('does not start with one that has no policy, is public, needs an approval, is named twice, is of a request or is transient', async () => {
    @Injectable()
    class Wrong {
      @JobHandler({ queue: 'q', name: 'open' })
      open() {}

      @JobHandler({ queue: 'q', name: 'public' })
      @Public({ reason: 'test' })
      everybody() {}

      @JobHandler({ queue: 'q', name: 'approved' })
      @RequireScopes('orders:read')
      @RequireApproval({ reason: 'test' })
      approved() {}

      @JobHandler({ queue: 'q', name: 'twice' })
      @Authenticated()
      once() {}

      @JobHandler({ queue: 'q', name: 'twice' })
      @Authenticated()
      again() {}
    }
    @Injectable({ scope: 2 })
    class Scoped {
      @JobHandler({ queue: 'q', name: 'scoped' })
      @Authenticated()
      scoped() {}
    }
    @Injectable({ scope: 1 })
    class Transient {
      @JobHandler({ queue: 'q', name: 'transient' })
      @Authenticated()
      transient() {}
    }
    @Controller()
    class Any {
      @Get('any')
      @Authenticated()
      any() {}
    }
    const starting = startApp(world, { controllers: [Any], providers: [Wrong, Scoped, Transient] });
    const { message } = await starting.then(
      () => ({ message: '' }),
      (error: Error) => error,
    );
    for (const problem of [
      'Wrong.open has no identity policy',
      'Wrong.everybody is a job and cannot be @Public()',
      'Wrong.approved has @RequireApproval()',
      'Wrong.once is one of several handlers of the jobs "twice" of the queue "q": keep one.',
      'Scoped.scoped does jobs and is made anew for each request',
      'Transient.transient does jobs and is transient',
    ])
      expect(message).toContain(problem);
  });
});

describe('a worker that stops', () => {
  it('waits for the job that runs, which goes on calling and is recorded, and begins no other', async () => {
    const world = await startWorld();
    const billing = await startReceiver(world, {
      service: 'billing_api',
      resource: BILLING,
      controllers: [BillingController],
    });
    let begun = (): void => {};
    const runs = new Promise<void>(resolve => (begun = resolve));
    let goOn = (): void => {};
    const gate = new Promise<void>(resolve => (goOn = resolve));
    const worker = await startJobApp(world, {
      targets: ['billing_api'],
      options: { targets: { billing_api: billingTarget(world, billing.url) } },
      work: async (identity, _job, delegation) => {
        begun();
        await gate;
        return delegation.for(identity, 'billing_api').json('/balance');
      },
    });
    try {
      const token = world.userToken({ scope: 'orders:read billing:read' });
      const terms = { scopes: ['orders:read', 'billing:read'] };
      const [first, second] = [await worker.seal(token, terms), await worker.seal(token, terms, { id: 'job-2' })];
      const running = worker.run(first);
      await runs;
      let isClosed = false;
      const closing = worker.close().then(() => (isClosed = true));
      await until(async () => (await codeOf(worker.run('no job'))) !== 'job_invalid');
      expect(await codeOf(worker.run(second, { id: 'job-2' }))).toBe('job_unavailable');
      expect(isClosed).toBe(false);
      goOn();
      await expect(running).resolves.toMatchObject({ sub: 'alice' });
      await closing;
      const ofJob = worker.auditLog.last('execution.outcome').envelope_id;
      expect(
        worker.auditLog.events.filter(one => one.envelope_id === ofJob).map(({ type, outcome }) => [type, outcome]),
      ).toEqual([
        ['execution.intent', 'started'],
        ['delegation.intent', 'started'],
        ['delegation.outcome', 'ok'],
        ['execution.outcome', 'ok'],
      ]);
    } finally {
      goOn();
      await worker.close();
      await Promise.all([billing.close(), world.close()]);
    }
  });
});
