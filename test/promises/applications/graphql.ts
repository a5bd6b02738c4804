import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { Authenticated } from 'nestjs-eie';
import { startAccounts } from '../accounts.js';
import { type Application } from '../application.js';

@Resolver()
class ProductsResolver {
  @Query(() => String)
  @Authenticated()
  product() {
    return 'product 17';
  }
}

export const application: Application = {
  name: 'resolvers of @nestjs/graphql with a requirement of this library',
  refusedWith: /ProductsResolver\.product handles a GraphQL field.*@Unmanaged\(guard, \{ reason \}\)/s,
  start: stage =>
    startAccounts(stage, {
      imports: [GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true })],
      providers: [ProductsResolver],
    }),
  legitimate: () => [],
  attacks: () => [],
};
