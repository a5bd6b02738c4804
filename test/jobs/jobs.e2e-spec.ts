import { Controller, Injectable, type Type } from '@nestjs/common';
import { decodeJwt } from 'jose';
import {
  type AuditEvent,
  type EieError,
  type ExecutionIdentityEnvelope,
  IdentityRevocation,
  JobHandler,
  MemoryRevocationStore,
  RequireScopes,
} from 'nestjs-eie';
import { newKeyPair } from '../../src/authorization-server/key-pair.js';
import { startWorld, type World } from '../support/world.js';
import { JOB, type JobApp, queued, startJobApp } from './job-app.js';

const refusedAs = (code: string) => expect.objectContaining({ code });
const codeOf = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => 'ran',
    (error: EieError) => error.code,
  );
const keysOf = () => [newKeyPair().privateKey.export({ format: 'jwk' })];

describe('a job', () => {
  let world: World;
  let server: JobApp;

  beforeAll(async () => {
    world = await startWorld();
    server = await startJobApp(world);
  });

  afterAll(async () => {
    await server.close();
    await world.close();
  });

  beforeEach(() => {
    server.done.length = 0;
    server.auditLog.events.length = 0;
  });

  it('runs in the identity that was sealed for it, with the scopes that were asked for and no others', async () => {
    const sealed = await server.seal(world.userToken({ scope: 'orders:read orders:write' }));
    await expect(server.run(sealed)).resolves.toEqual({ sent: JOB.data });
    const [{ identity, job }] = server.done as [(typeof server.done)[0]];
    expect(identity).toMatchObject({
      actor: { sub: 'alice', tenant: 'acme' },
      agent: { id: 'agent-desk-copilot', client_id: 'desk-copilot', registered: true },
      authorization: { scopes: ['orders:read'] },
    });
    expect(job).toMatchObject({ ...queued(), signal: { aborted: false } });
  });

  it('runs whichever way its handler is provided: by a factory, as a value, under two tokens, as a controller', async () => {
    const jobsOf = (name: string) => {
      class Jobs {
        @JobHandler({ queue: 'made', name })
        @RequireScopes('orders:read')
        run(identity: ExecutionIdentityEnvelope) {
          return `${name} for ${identity.actor.sub}`;
        }
      }
      return Jobs;
    };
    const [Made, Value, Known, Controlled] = ['made', 'value', 'known', 'controlled'].map(jobsOf) as [
      Type,
      Type,
      Type,
      Type,
    ];
    Controller('made')(Controlled);
    Injectable()(Known);
    const own = await startJobApp(world, {
      controllers: [Controlled],
      providers: [
        { provide: 'made', useFactory: () => new Made() as object },
        { provide: 'value', useValue: new Value() as object },
        Known,
        { provide: 'alias', useExisting: Known },
      ],
    });
    try {
      for (const name of ['made', 'value', 'known', 'controlled']) {
        const sealed = await own.seal(world.userToken(), { queue: 'made' }, { name });
        await expect(own.run(sealed, { queue: 'made', name })).resolves.toBe(`${name} for alice`);
      }
    } finally {
      await own.close();
    }
  });

  it('of a class that is made by a factory stops the boot without a policy, as any other', async () => {
    class Jobs {
      @JobHandler({ queue: 'made', name: 'open' })
      run() {}
    }
    const providers = [{ provide: 'made', useFactory: () => new Jobs() }];
    await expect(startJobApp(world, { providers })).rejects.toThrow('Jobs.run');
  });

  it('is an execution of its own: "job of alice by her agent, started by execution X"', async () => {
    await server.run(await server.seal(world.userToken()));
    const [starting, , intent, outcome] = server.auditLog.events as [AuditEvent, AuditEvent, AuditEvent, AuditEvent];
    expect(server.auditLog.types()).toEqual([
      'execution.intent',
      'execution.outcome',
      'execution.intent',
      'execution.outcome',
    ]);
    expect(intent).toMatchObject({
      handler: 'job:reports/send',
      actor_sub: 'alice',
      tenant: 'acme',
      agent_id: 'agent-desk-copilot',
      started_by: starting.envelope_id,
      trace_id: starting.trace_id,
    });
    expect(outcome).toMatchObject({ outcome: 'ok', started_by: starting.envelope_id, intent_id: intent.id });
    expect(intent.envelope_id).not.toBe(starting.envelope_id);
    expect(starting.started_by).toBeNull();
  });

  it('is no bearer: the server that sealed it does not take it as a token', async () => {
    const sealed = await server.seal(world.userToken());
    await expect(server.seal(sealed)).resolves.toBe('http_401');
    expect(server.auditLog.last('admission.refused')).toMatchObject({ outcome: 'refused', actor_sub: null });
  });

  it.each([
    ['another queue', { queue: 'payments' }],
    ['another id', { id: 'job-2' }],
    ['another name', { name: 'delete' }],
    ['other data', { data: { ...JOB.data, report: 'r-2' } }],
  ])('does not run for %s, and its record says nothing that is not proven', async (_what, changes) => {
    const sealed = await server.seal(world.userToken());
    await expect(server.run(sealed, changes)).rejects.toEqual(refusedAs('job_invalid'));
    expect(server.done).toEqual([]);
    expect(server.auditLog.last('admission.refused')).toMatchObject({
      reason: 'job_invalid',
      actor_sub: null,
      started_by: null,
    });
  });

  it('runs once for each attempt, whoever runs it, and as often as was sealed', async () => {
    const sealed = await server.seal(world.userToken(), { attempts: 2 });
    const race = await Promise.all(Array.from({ length: 20 }, () => codeOf(server.run(sealed))));
    expect(race.filter(code => code === 'ran')).toHaveLength(1);
    expect(race.filter(code => code === 'job_replayed')).toHaveLength(19);
    await expect(codeOf(server.run(sealed, { attempt: 2 }))).resolves.toBe('ran');
    await expect(codeOf(server.run(sealed, { attempt: 2 }))).resolves.toBe('job_replayed');
    await expect(codeOf(server.run(sealed, { attempt: 3 }))).resolves.toBe('job_replayed');
    expect(server.done).toHaveLength(2);
  });

  it.each([0, undefined, '1', Number.NaN])(
    'does not run as the attempt %p, and the operator is told how attempts are counted',
    async attempt => {
      const told: string[] = [];
      const diagnostics = { report: ({ message }: { message: string }) => void told.push(message) };
      const worker = await startJobApp(world, { options: { ports: { diagnostics } } });
      const sealed = await worker.seal(world.userToken());
      await expect(codeOf(worker.run(sealed, { attempt: attempt as number }))).resolves.toBe('job_replayed');
      expect(told.at(-1)).toMatch(
        /^job_replayed .*"attempt".*a whole number from 1\. What counts retries from 0 adds one/,
      );
      // Nothing is used up.
      await expect(codeOf(worker.run(sealed))).resolves.toBe('ran');
      await worker.close();
    },
  );

  it('does not run without the scopes that its handler requires, and is decided by what is sealed', async () => {
    const sealed = await server.seal(world.userToken({ scope: 'orders:read orders:write' }), {}, { name: 'delete' });
    await expect(server.run(sealed, { name: 'delete' })).rejects.toEqual(refusedAs('insufficient_scope'));
    expect(server.auditLog.last('authorization.refused')).toMatchObject({
      handler: 'job:reports/delete',
      actor_sub: 'alice',
      started_by: expect.any(String),
    });
    expect(server.done).toEqual([]);
  });

  it('is not sealed with a scope that its user does not hold, nor when its execution has ended', async () => {
    await expect(server.seal(world.userToken(), { scopes: ['orders:write'] })).resolves.toBe('http_403');
    await server.seal(world.userToken());
    await expect(server.last().forJob({ queue: 'reports', scopes: [] }, JOB)).rejects.toEqual(
      refusedAs('identity_expired'),
    );
  });

  it('runs with a copy of the data that were checked, whatever becomes of the object that was handed over', async () => {
    const data = { report: 'r-1', pages: [1, 2], toJSON: () => JOB.data };
    data.report = 'another';
    await expect(server.run(await server.seal(world.userToken()), { data })).resolves.toEqual({ sent: JOB.data });
    const changing = { ...JOB.data };
    const running = server.run(await server.seal(world.userToken()), { data: changing });
    await new Promise(setImmediate);
    changing.report = 'another';
    await expect(running).resolves.toEqual({ sent: JOB.data });
  });

  it.each(['', '\ud800', undefined, null, {}])('does not run for the queue %j, which is recorded', async queue => {
    const sealed = await server.seal(world.userToken());
    server.auditLog.events.length = 0;
    await expect(codeOf(server.run(sealed, { queue: queue as never }))).resolves.toBe('job_invalid');
    expect(server.auditLog.events).toMatchObject([{ type: 'admission.refused', reason: 'job_invalid' }]);
    expect(server.done).toEqual([]);
  });

  it('does not run when no handler is known for it', async () => {
    const sealed = await server.seal(world.userToken(), {}, { name: 'unknown' });
    await expect(server.run(sealed, { name: 'unknown' })).rejects.toEqual(refusedAs('handler_unknown'));
    expect(server.auditLog.last('admission.refused')).toMatchObject({ handler: null, actor_sub: 'alice' });
  });

  it('does not run when its user was revoked since it was sealed', async () => {
    const sealed = await server.seal(world.userToken({ sub: 'user-0' }));
    await server.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'user-0' });
    await expect(server.run(sealed)).rejects.toEqual(refusedAs('identity_revoked'));
    expect(server.auditLog.last('admission.refused')).toMatchObject({
      actor_sub: 'user-0',
      reason: 'identity_revoked',
    });
    expect(server.done).toEqual([]);
  });

  it('does not run when the audit log cannot be written', async () => {
    const sealed = await server.seal(world.userToken());
    server.auditLog.broken = true;
    await expect(server.run(sealed)).rejects.toEqual(refusedAs('audit_unavailable'));
    server.auditLog.broken = false;
    expect(server.done).toEqual([]);
  });

  it('is not sealed for longer than a day, for more attempts than a hundred, nor for a queue without a name', async () => {
    await server.seal(world.userToken());
    for (const terms of [{ ttl: 86_401 }, { ttl: 0 }, { attempts: 101 }, { queue: '' }])
      await expect(server.seal(world.userToken(), terms)).resolves.toBe('http_500');
  });
});

describe('a job at another worker', () => {
  let world: World;
  let server: JobApp;
  const others: JobApp[] = [];
  const another = async (...setup: Parameters<typeof startJobApp> extends [unknown, ...infer Rest] ? Rest : never) => {
    const app = await startJobApp(world, ...setup);
    others.push(app);
    return app;
  };

  beforeAll(async () => {
    world = await startWorld();
    server = await startJobApp(world);
  });

  afterAll(async () => {
    for (const app of [server, ...others]) await app.close();
    await world.close();
  });

  it('opens where resource and keys are the same', async () => {
    await expect(codeOf((await another()).run(await server.seal(world.userToken())))).resolves.toBe('ran');
  });

  it('opens with the key of before, as long as it is published', async () => {
    const [old] = world.sealing.jwks.keys;
    const worker = await another({ options: { signing: { keys: [...keysOf(), old as never] } } });
    await expect(codeOf(worker.run(await server.seal(world.userToken())))).resolves.toBe('ran');
  });

  it('does not open with other keys, in another trust domain, and at a server of another resource', async () => {
    const { keys } = world.sealing;
    const workers = [
      await another({ options: { signing: { keys: keysOf() } } }),
      await another({ options: { signing: { keys, trustDomain: 'other.test' } } }),
      await another({ options: { signing: { keys }, resource: 'https://other.shop.test/mcp' } }),
    ];
    for (const worker of workers) {
      await expect(codeOf(worker.run(await server.seal(world.userToken())))).resolves.toBe('job_invalid');
      expect(worker.done).toEqual([]);
    }
  });

  it('does not run for a user who was revoked, though the clock of the server was a minute ahead of the revocation', async () => {
    const revocation = new MemoryRevocationStore();
    const ahead = await another({ options: { ports: { revocation, clock: () => Date.now() + 59_000 } } });
    const worker = await another({ options: { ports: { revocation } } });
    const sealed = await ahead.seal(world.userToken({ sub: 'user-8' }));
    const kept = await ahead.seal(world.userToken());
    await worker.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'user-8' });
    await expect(codeOf(worker.run(sealed))).resolves.toBe('identity_revoked');
    await expect(codeOf(worker.run(kept))).resolves.toBe('ran');
  });

  it('has the rights that the registry of agents gives now, and none once its agent is not registered', async () => {
    const sealed = await server.seal(world.userToken());
    const withAgents = (agents: object) =>
      another({ options: { issuers: [world.issuerOptions({ agents } as never)] } });
    const narrower = await withAgents({ 'desk-copilot': { id: 'agent-desk-copilot', scopes: ['billing:read'] } });
    await expect(codeOf(narrower.run(sealed))).resolves.toBe('agent_not_allowed');
    const forbidden = await withAgents({ 'desk-copilot': { id: 'agent-desk-copilot', tools: ['job:reports/delete'] } });
    await expect(codeOf(forbidden.run(sealed))).resolves.toBe('agent_not_allowed');
    await expect(codeOf((await withAgents({})).run(sealed))).resolves.toBe('agent_unregistered');
    const without = await another({ options: { issuers: [world.issuerOptions({ tenants: ['globex'] })] } });
    await expect(codeOf(without.run(sealed))).resolves.toBe('tenant_refused');
    expect([narrower, forbidden, without].flatMap(({ done }) => done)).toEqual([]);
  });

  it('has no rights once its agent is not registered, though a claim may name agents; one that the claim has named stays', async () => {
    const claims = { agent: 'agent_id' };
    const withAgents = (agents?: object) =>
      another({ options: { issuers: [world.issuerOptions({ claims, ...(agents && { agents }) } as never)] } });
    const sealing = await withAgents();
    const named = await sealing.seal(world.userToken());
    const withClaim = { ...decodeJwt(world.userToken()), agent_id: 'agent-claimed' };
    const claimed = await sealing.seal(world.sign(withClaim, { typ: 'at+jwt' }), {}, { id: 'job-2' });
    const worker = await withAgents({});
    await expect(codeOf(worker.run(named))).resolves.toBe('agent_unregistered');
    await worker.run(claimed, { id: 'job-2' });
    expect(worker.done).toMatchObject([{ identity: { agent: { id: 'agent-claimed', registered: true } } }]);
  });
});
