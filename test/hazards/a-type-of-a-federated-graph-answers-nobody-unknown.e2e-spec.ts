import { type CanActivate, Controller, type ExecutionContext, Get, Injectable, Req, type Type } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { AbstractGraphQLDriver, GraphQLModule, ResolveField, ResolveReference, Resolver } from '@nestjs/graphql';
import { Unmanaged } from 'nestjs-eie';
import { startApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

const KEY = 'Bearer key-of-the-gateway-0001';

@Injectable()
class GatewayGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { req } = context.getArgByIndex<{ req: { headers: { authorization?: string } } }>(1);
    return req.headers.authorization === KEY;
  }
}

@Injectable()
class Anybody implements CanActivate {
  canActivate() {
    return true;
  }
}

/** In place of the drivers of Apollo and Mercurius, for what they are called. They serve nothing. */
class PlainDriver extends AbstractGraphQLDriver {
  override generateSchema() {
    return Promise.resolve(null as never);
  }
  start() {
    return Promise.resolve();
  }
  stop() {
    return Promise.resolve();
  }
}
class SomeFederationDriver extends PlainDriver {}
class ShopDriver extends SomeFederationDriver {}

@Resolver('User')
class Users {
  @ResolveReference()
  find({ id }: { id: string }) {
    return `user ${id}`;
  }
}

@Resolver('User')
class Emails {
  @ResolveField()
  email() {
    return 'alice@shop.test';
  }
}

@Resolver('User')
@Unmanaged(GatewayGuard, { reason: 'The gateway of the graph has a key.' })
class Declared extends Users {
  @ResolveField()
  email() {
    return 'alice@shop.test';
  }
}

describe('a type of a federated graph', () => {
  let world: World;
  let shop: TestApp | undefined;
  beforeAll(async () => void (world = await startWorld()));
  afterEach(async () => {
    await shop?.close();
    shop = undefined;
  });
  afterAll(() => world.close());

  const boot = async (resolver: Type, driver: Type, enhancers: 'guards'[] = [], controllers: Type[] = []) => {
    const graph = { driver: driver as never, fieldResolverEnhancers: enhancers };
    shop = await startApp(world, { providers: [resolver], controllers, imports: [GraphQLModule.forRoot(graph)] });
    return shop;
  };

  it.each<[string, Type, Type, RegExp]>([
    [
      'a reference',
      Users,
      ShopDriver,
      /Users\.find handles references of a federated graph, which this module does not/,
    ],
    ['a reference of a driver that is not known', Users, PlainDriver, /Users\.find handles references of a federated/],
    ['a field', Emails, ShopDriver, /Emails\.email handles a field of a federated graph, which this module does not/],
  ])('stops the boot where nobody has declared it: %s', async (_what, resolver, driver, problem) => {
    await expect(boot(resolver, driver)).rejects.toThrow(problem);
  });

  it('stops the boot where its guard does not run, and says how it does', async () => {
    const asked =
      'which anybody can ask for by "_entities", and Nest runs no guard before it: give GraphQLModule.forRoot()';
    const error = await boot(Declared, ShopDriver).catch(String);
    for (const what of ['find handles references', 'email handles a field'])
      expect(error).toContain(`Declared.${what} of a federated graph, ${asked} fieldResolverEnhancers: ['guards'].`);
  });

  it('is no entry of a graph that is not federated: a field is behind the query that leads to it', async () => {
    await expect(boot(Emails, PlainDriver)).resolves.toBeDefined();
  });

  it('is answered to whom the guard knows, which is lent the credential', async () => {
    const graph: { find?: (...args: unknown[]) => Promise<unknown> } = {};
    @Controller('entities')
    class Entities {
      @Get()
      @Unmanaged(Anybody, { reason: 'It hands the request to the graph.' })
      entities(@Req() req: object) {
        return graph.find!({ id: '17' }, { req }, {}).catch((error: Error) => error.message);
      }
    }
    const { app, url } = await boot(Declared, ShopDriver, ['guards'], [Entities]);
    const declared = app.get(Declared);
    const contexts = app.get(ExternalContextCreator);
    // As @nestjs/graphql makes it: a reference has no arguments before the context.
    graph.find = contexts.create(
      declared,
      declared.find as never,
      'find',
      '',
      undefined,
      undefined,
      undefined,
      undefined,
      'graphql',
    );
    const ask = (headers: Record<string, string>) =>
      fetch(`${url}/entities`, { headers }).then(answer => answer.text());
    expect(await ask({ authorization: KEY })).toBe('user 17');
    expect(await ask({})).toBe('Forbidden resource');
  });
});
