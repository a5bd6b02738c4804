import { type DiscoveryService } from '@nestjs/core';

/** What `@nestjs/graphql`, an optional package, provides in each of its modules. */
const OPTIONS = 'GqlModuleOptions';
const DRIVER = 'AbstractGraphQLDriver';

/** A graph of `@nestjs/graphql`, as far as it decides who can ask for a field. */
export interface Graph {
  /** Whether anybody can ask for a type by a reference, by `_entities`. */
  readonly isFederated: boolean;
  /** Whether Nest runs guards before fields. */
  readonly guardsFields: boolean;
}

interface GraphOptions {
  readonly autoSchemaFile?: unknown;
  readonly fieldResolverEnhancers?: readonly string[];
}

/** The graphs of the application. */
export function graphsOf(discovery: DiscoveryService): Graph[] {
  const providers = discovery.getProviders();
  return providers
    .filter(({ token }) => token === OPTIONS)
    .map(({ instance, host }) => {
      const { autoSchemaFile, fieldResolverEnhancers = [] } = Object(instance) as GraphOptions;
      const driver = providers.find(one => one.host === host && nameOf(one.token) === DRIVER);
      return {
        isFederated: 'federation' in Object(autoSchemaFile) || isFederation(driver?.metatype),
        guardsFields: fieldResolverEnhancers.includes('guards'),
      };
    });
}

const nameOf = (token: unknown): unknown => (typeof token === 'function' ? token.name : token);

/** Those of Apollo and Mercurius, and what extends them. */
const isFederation = (driver: unknown): boolean =>
  typeof driver === 'function' &&
  (driver.name.endsWith('FederationDriver') || isFederation(Object.getPrototypeOf(driver)));
