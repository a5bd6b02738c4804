import { Controller, Get, Inject, Injectable, Scope } from '@nestjs/common';
import {
  ContextIdFactory,
  type ContextId,
  type ContextIdStrategy,
  type HostComponentInfo,
  REQUEST,
} from '@nestjs/core';
import { Authenticated, Identity } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { startAccounts } from '../accounts.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, callByHand, closing, viewsOf } from '../parts.js';

let stage: Stage;
let made = 0;
const trees = new Map<string, ContextId>();

/** As the documentation of Nest has it: one tree of providers for each tenant, by a header of the request. */
class AggregateByTenantStrategy implements ContextIdStrategy {
  attach(contextId: ContextId, request: { headers?: Record<string, string | undefined> }) {
    const tenant = request.headers?.['x-tenant-id'];
    if (!tenant) return () => contextId;
    if (!trees.has(tenant)) trees.set(tenant, ContextIdFactory.create());
    const treeId = trees.get(tenant)!;
    return {
      resolve: (info: HostComponentInfo) => (info.isTreeDurable ? treeId : contextId),
      payload: { tenant },
    };
  }
}

@Injectable({ scope: Scope.REQUEST, durable: true })
class Catalogue {
  readonly number = ++made;

  constructor(@Inject(REQUEST) payload: object) {
    stage.see('by a durable provider', viewsOf(payload));
  }
}

@Controller('catalogue')
class CatalogueController {
  constructor(private readonly catalogue: Catalogue) {}

  @Get()
  @Authenticated()
  read(@Identity('actor.sub') user: string) {
    return `catalogue ${this.catalogue.number} for ${user}`;
  }
}

@ToolController()
class CatalogueTools {
  constructor(private readonly catalogue: Catalogue) {}

  @Tool({ name: 'catalogue' })
  @Authenticated()
  read(@Identity('actor.sub') user: string) {
    return `catalogue ${this.catalogue.number} for ${user}`;
  }
}

export const application: Application = {
  name: 'durable providers, one tree for each tenant',
  async start(given) {
    stage = given;
    made = 0;
    trees.clear();
    const previous = ContextIdFactory.getByRequest;
    ContextIdFactory.apply(new AggregateByTenantStrategy());
    const running = await startAccounts(stage, {
      controllers: [CatalogueController],
      providers: [Catalogue, CatalogueTools],
    });
    return { ...running, app: closing(running.app, () => (ContextIdFactory.getByRequest = previous)) };
  },
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    ...['acme', 'acme', 'globex'].map(tenant =>
      answers(
        `a user of ${tenant} reads its catalogue`,
        () => running.send('/catalogue', bearer(given.world.userToken(), { 'x-tenant-id': tenant })),
        `catalogue ${tenant === 'acme' ? 1 : 2} for alice`,
      ),
    ),
    answers(
      'a tool reads a catalogue',
      () => callByHand(running.send, given.world.userToken(), 'catalogue'),
      'for alice',
    ),
  ],
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    {
      promise: 2,
      name: 'a tree that two users share gives one the identity of the other',
      async run() {
        const calls = Array.from({ length: 20 }, async (_, i) => {
          const sub = `user-${i % 10}`;
          const { text } = await running.send(
            '/catalogue',
            bearer(given.world.userToken({ sub }), { 'x-tenant-id': 'acme' }),
          );
          return text.endsWith(`for ${sub}`) ? undefined : text;
        });
        return (await Promise.all(calls)).find(crossed => crossed !== undefined);
      },
    },
  ],
};
