import { type CanActivate, type ExecutionContext, Injectable, type OnModuleInit } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { Authenticated, Unmanaged } from 'nestjs-eie';
import { startAccounts } from '../accounts.js';
import { type Application, type Attack, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';

let stage: Stage;

interface Job {
  readonly signature?: string;
  readonly user?: string;
}

@Injectable()
class SignedJobGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.getArgByIndex<Job>(0).signature === 'signed by the scheduler';
  }
}

@Injectable()
class JobHandlers {
  @Unmanaged(SignedJobGuard, { reason: 'The scheduler signs its jobs.' })
  nightly() {
    return 'the books are closed';
  }

  /** Nothing says who may send it. */
  cleanup() {
    return 'everything is gone';
  }

  @Authenticated()
  personal({ user }: Job) {
    return `done for ${user}`;
  }
}

/** As the modules for queues and chats do it: handlers of their own kind, with the guards of the application. */
@Injectable()
class Queue implements OnModuleInit {
  readonly #handlers = new Map<string, (job: Job) => Promise<unknown>>();

  constructor(
    private readonly contexts: ExternalContextCreator,
    private readonly jobs: JobHandlers,
  ) {}

  onModuleInit(): void {
    for (const name of ['nightly', 'cleanup', 'personal'] as const) {
      const options = { guards: true, interceptors: true, filters: false };
      const run = this.contexts.create(
        this.jobs,
        this.jobs[name] as never,
        name,
        undefined,
        undefined,
        undefined,
        undefined,
        options,
        'queue',
      );
      this.#handlers.set(name, run as never);
    }
  }

  async send(name: string, job: Job): Promise<string> {
    return String(await this.#handlers.get(name)!(job));
  }
}

export const application: Application = {
  name: 'handlers of a queue, with the guards of the application and a kind of their own',
  async start(given) {
    stage = given;
    return startAccounts(stage, { providers: [JobHandlers, Queue] });
  },
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    {
      name: 'the scheduler sends a job',
      async run() {
        const answer = await running.app.get(Queue).send('nightly', { signature: 'signed by the scheduler' });
        if (answer !== 'the books are closed') throw new Error(answer);
      },
    },
  ],
  attacks(running, given) {
    const never = (promise: Attack['promise'], name: string, handler: string, job: Job): Attack => ({
      promise,
      name,
      run: () =>
        running.app
          .get(Queue)
          .send(handler, job)
          .catch(() => undefined),
    });
    return [
      ...accountAttacks(running, given),
      never(3, 'a job that nobody has signed runs', 'nightly', {}),
      never(3, 'a handler runs that says nothing about its callers', 'cleanup', {}),
      never(2, 'a job names the user to act for', 'personal', { user: 'bob' }),
      {
        promise: 5,
        name: 'a job that was refused leaves no record',
        async run() {
          const before = given.auditLog.events.length;
          await never(5, '', 'cleanup', {}).run();
          const [record] = given.auditLog.events.slice(before);
          return record?.reason === 'unsupported_context' ? undefined : String(record?.type);
        },
      },
    ];
  },
};
