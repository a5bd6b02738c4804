import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Controller, Get, HttpCode, Param, type Type } from '@nestjs/common';
import {
  Authenticated,
  type DelegatedFetch,
  DelegatesTo,
  DelegationService,
  type ExecutionIdentityEnvelope,
  Identity,
} from 'nestjs-eie';
import { type AppSetup, startApp, type TestApp } from './app.js';
import { type World } from './world.js';

/** What a handler does with the fetch for one target. */
export type Use<T> = (target: DelegatedFetch, identity: ExecutionIdentityEnvelope) => Promise<T>;

export interface DelegatingApp extends TestApp {
  /**
   * Sends a request with this token and runs `use` in its handler, with the fetch for a target (the first, unless told
   * otherwise). Gives what `use` gives, and throws what it throws, as the handler got it.
   */
  as<T>(token: string, use: Use<T>, target?: string): Promise<T>;
  /** Waits until so many calls of targets have begun since the application has. */
  begun(calls: number): Promise<void>;
}

/** An application with one handler, which does what each call of a test says. */
export async function startDelegating(
  world: World,
  setup: AppSetup & { options: { targets: object } },
): Promise<DelegatingApp> {
  const targets = Object.keys(setup.options.targets) as [string, ...string[]];
  const runs = new Map<string, (delegation: DelegationService, identity: ExecutionIdentityEnvelope) => Promise<void>>();
  const app = await startApp(world, { ...setup, controllers: [running(runs, targets), ...(setup.controllers ?? [])] });
  return {
    ...app,
    async begun(calls) {
      while (app.auditLog.types().filter(type => type === 'delegation.intent').length < calls) await nextTurn();
    },
    async as<T>(token: string, use: Use<T>, target = targets[0]): Promise<T> {
      const id = randomUUID();
      let ending: (() => T) | undefined;
      runs.set(id, async (delegation, identity) => {
        const end = await use(delegation.for(identity, target), identity).then(
          value => () => value,
          (error: unknown) => () => {
            throw error;
          },
        );
        ending = end;
      });
      const answer = await fetch(`${app.url}/run/${id}`, { headers: { authorization: `Bearer ${token}` } });
      // An answer may be withheld, though the handler has run.
      if (!ending) throw new Error(`the call was answered with ${answer.status}`);
      return ending();
    },
  };
}

function running(
  runs: ReadonlyMap<string, (delegation: DelegationService, identity: ExecutionIdentityEnvelope) => Promise<void>>,
  targets: [string, ...string[]],
): Type {
  @Controller('run')
  class RunController {
    constructor(private readonly delegation: DelegationService) {}

    @Get(':id')
    @HttpCode(204)
    @Authenticated()
    @DelegatesTo(...targets)
    run(@Param('id') id: string, @Identity() identity: ExecutionIdentityEnvelope) {
      return runs.get(id)!(this.delegation, identity);
    }
  }
  return RunController;
}
