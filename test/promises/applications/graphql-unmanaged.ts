import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Context, GqlExecutionContext, GraphQLModule, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Unmanaged } from 'nestjs-eie';
import { startAccounts } from '../accounts.js';
import { type Application, type Running, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, viewsOf } from '../parts.js';

const KEY = 'key-of-the-shop-front-0001';
let stage: Stage;
let shown: string[] = [];

interface GraphQL {
  readonly req: { headers: Record<string, string | undefined> };
}

@Injectable()
class ShopFrontGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { req } = GqlExecutionContext.create(context).getContext<GraphQL>();
    shown.push(req.headers.authorization ?? '');
    return req.headers.authorization === `Bearer ${KEY}`;
  }
}

@Resolver()
@Unmanaged(ShopFrontGuard, { reason: 'The shop front has had a key of its own for years.' })
class ProductsResolver {
  @Query(() => String)
  product(@Context() { req }: GraphQL) {
    stage.see('by a resolver', viewsOf(req));
    return 'product 17';
  }

  @Mutation(() => String)
  order() {
    return 'ordered';
  }
}

const ask = ({ send }: Running, query: string, token?: string) =>
  send('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query }),
  });

export const application: Application = {
  name: 'resolvers of @nestjs/graphql with an authentication of their own',
  async start(given) {
    stage = given;
    shown = [];
    return startAccounts(stage, {
      imports: [GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true })],
      providers: [ProductsResolver],
    });
  },
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    answers('the shop front asks for a product', () => ask(running, '{ product }', KEY), 'product 17'),
    answers('the shop front orders', () => ask(running, 'mutation { order }', KEY), 'ordered'),
  ],
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    ...(['{ product }', 'mutation { order }', '{ a: product b: product }'] as const).map(query => ({
      promise: 3 as const,
      name: `nobody, or a user of the accounts, asks ${query}`,
      async run() {
        const texts = [await ask(running, query), await ask(running, query, given.world.userToken())].map(
          one => one.text,
        );
        return texts.find(text => /product 17|ordered/.test(text));
      },
    })),
    {
      promise: 1,
      name: 'the guard of the application is shown a token that was issued for this server',
      async run() {
        const token = given.world.userToken();
        await ask(running, '{ product }', token);
        return shown.find(value => value.includes(token));
      },
    },
  ],
};
