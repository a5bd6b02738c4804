import { type CanActivate, type Provider } from '@nestjs/common';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { Unmanaged } from 'nestjs-eie';
import { startApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

class Anybody implements CanActivate {
  canActivate() {
    return true;
  }
}

@Resolver()
class Products {
  @Query(() => String)
  product() {
    return 'product 17';
  }
}

@Resolver()
@Unmanaged(Anybody, { reason: 'Its guard knows the callers.' })
class Declared {
  @Query(() => String)
  declared() {
    return 'declared';
  }
}

describe('a resolver that nobody has declared stops the boot where it is', () => {
  let world: World;
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world?.close());

  const boot = (...providers: Provider[]) =>
    startApp(world, {
      providers: [...providers],
      imports: [GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true })],
    });

  it.each<[string, Provider, RegExp]>([
    ['made by a factory', { provide: Products, useFactory: () => new Products() }, /Products\.product handles/],
    [
      'made by a factory that takes its time',
      { provide: 'products', useFactory: () => Promise.resolve(new Products()) },
      /Products\.product handles a GraphQL field/,
    ],
    ['a value', { provide: 'products', useValue: new Products() }, /Products\.product handles a GraphQL field/],
  ])('%s', async (_what, provider, problem) => {
    await expect(boot(provider)).rejects.toThrow(problem);
  });

  it('and boots where it is declared', async () => {
    const app = await boot({ provide: Declared, useFactory: () => new Declared() });
    const answer = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ declared }' }),
    });
    expect(await answer.json()).toEqual({ data: { declared: 'declared' } });
    await app.close();
  });
});
