import { type Type } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, Injectable, Param, Post } from '@nestjs/common';
import {
  Authenticated,
  DelegatesTo,
  DelegationService,
  type EieOptions,
  type ExecutionIdentityEnvelope,
  Identity,
  type JobContent,
  JobHandler,
  JobIdentities,
  type JobTerms,
  type QueuedJob,
  RequireScopes,
  type RunningJob,
} from 'nestjs-eie';
import { type AppSetup, startApp, type TestApp } from '../support/app.js';
import { type World } from '../support/world.js';

export const QUEUE = 'reports';
export const JOB = { id: 'job-1', name: 'send', data: { report: 'r-1', pages: [1, 2] } };
export const queued = (changes: Partial<QueuedJob> = {}): QueuedJob => ({
  queue: QUEUE,
  attempt: 1,
  ...JOB,
  ...changes,
});

/** What handlers of jobs have done. */
export interface Done {
  readonly sub: string;
  readonly identity: ExecutionIdentityEnvelope;
  readonly job: RunningJob;
}

export interface JobApp extends TestApp {
  /** What the handlers have done. */
  readonly done: Done[];
  /** Starts a job in the call of a user: what `identity.forJob()` gives, or the code of its refusal. */
  seal(token: string, terms?: Partial<JobTerms>, job?: Partial<JobContent>): Promise<string>;
  /** Runs `use` in the call of a user: gives what it gives, and throws what it throws. */
  within<Result>(token: string, use: (identity: ExecutionIdentityEnvelope) => Promise<Result>): Promise<Result>;
  /** Hands a job to the worker, as a queue does. */
  run(sealed: unknown, changes?: Partial<QueuedJob>): Promise<unknown>;
  /** The last identity that has sealed a job. Its execution has ended. */
  last(): ExecutionIdentityEnvelope;
}

interface Sealing {
  last?: ExecutionIdentityEnvelope;
  readonly uses: Map<string, (identity: ExecutionIdentityEnvelope) => Promise<void>>;
}

interface JobSetup extends AppSetup {
  /** What the jobs "send" do beside being noted. */
  work?: (identity: ExecutionIdentityEnvelope, job: RunningJob, delegation: DelegationService) => Promise<unknown>;
  /** Of the jobs "send". */
  targets?: [string, ...string[]];
}

/** A server that seals jobs, and a worker of them, in one application. */
export async function startJobApp(world: World, { work, targets, ...setup }: JobSetup = {}): Promise<JobApp> {
  const done: Done[] = [];
  const sealing: Sealing = { uses: new Map() };
  const options: Partial<EieOptions> = { signing: { keys: world.sealing.keys }, ...setup.options };
  const started = await startApp(world, {
    ...setup,
    options,
    controllers: [starting(sealing), ...(setup.controllers ?? [])],
    providers: [doing(done, work, targets), ...(setup.providers ?? [])],
  });
  const jobs = started.app.get(JobIdentities);
  return {
    ...started,
    done,
    async seal(token, terms = {}, job = {}) {
      const response = await fetch(`${started.url}/jobs`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ terms: { queue: QUEUE, scopes: ['orders:read'], ...terms }, job: { ...JOB, ...job } }),
      });
      const body = (await response.json()) as { sealed?: string; code?: string; error?: string };
      return body.sealed ?? body.code ?? body.error ?? `http_${response.status}`;
    },
    async within<Result>(token: string, use: (identity: ExecutionIdentityEnvelope) => Promise<Result>) {
      const id = randomUUID();
      const used = new Promise<Result>((resolve, reject) =>
        sealing.uses.set(id, identity => use(identity).then(resolve, reject)),
      );
      used.catch(() => undefined);
      const answer = await fetch(`${started.url}/jobs/${id}`, { headers: { authorization: `Bearer ${token}` } });
      if (!answer.ok) throw new Error(`the call was answered with ${answer.status}`);
      return used;
    },
    run: (sealed, changes) => jobs.run(sealed, queued(changes)),
    last: () => sealing.last!,
  };
}

function starting(sealing: Sealing): Type {
  @Controller('jobs')
  class StartingController {
    @Post()
    @Authenticated()
    async start(
      @Body() { terms, job }: { terms: JobTerms; job: JobContent },
      @Identity() identity: ExecutionIdentityEnvelope,
    ) {
      sealing.last = identity;
      return { sealed: await identity.forJob(terms, job) };
    }

    @Get(':id')
    @Authenticated()
    use(@Param('id') id: string, @Identity() identity: ExecutionIdentityEnvelope) {
      return sealing.uses.get(id)!(identity);
    }
  }
  return StartingController;
}

function doing(done: Done[], work: JobSetup['work'], targets: [string, ...string[]] | undefined): Type {
  @Injectable()
  class ReportJobs {
    constructor(private readonly delegation: DelegationService) {}

    @JobHandler({ queue: QUEUE, name: 'send' })
    @RequireScopes('orders:read')
    async send(identity: ExecutionIdentityEnvelope, job: RunningJob) {
      done.push({ sub: identity.actor.sub, identity, job });
      return (await work?.(identity, job, this.delegation)) ?? { sent: job.data };
    }

    @JobHandler({ queue: QUEUE, name: 'delete' })
    @RequireScopes('orders:write')
    delete(identity: ExecutionIdentityEnvelope, job: RunningJob) {
      done.push({ sub: identity.actor.sub, identity, job });
    }
  }
  if (targets)
    DelegatesTo(...targets)(
      ReportJobs.prototype,
      'send',
      Object.getOwnPropertyDescriptor(ReportJobs.prototype, 'send')!,
    );
  return ReportJobs;
}
