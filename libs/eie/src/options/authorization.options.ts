import { IsArray, IsIn, IsOptional, Matches, MinLength, ValidateBy, type ValidationOptions } from 'class-validator';
import { isStrings, IsStringListRecord, IsStrings, Nested } from './constraints.js';
import { IsObject } from './plain-object.js';
import { ProofOfPossessionOptions } from './possession.options.js';
import { SignalsOptions } from './signals.options.js';
import { IsScopeList } from './scope-list.js';

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'ALL'] as const;

/** A route that cannot be decorated with `@Public()` or `@Unmanaged()`, because it belongs to another library. */
export class RouteOptions {
  /**
   * The path as it is served, with global prefix, version and parameters: `/v1/items/:id`. For `unmanaged`, and for routes that Nest
   * does not know, a path ends with `/*` when it covers everything below it.
   */
  @Matches(/^\//, { message: '$property must be a path that begins with "/", as it is served' })
  path: string;

  /** `ALL` is for handlers of `@All()`, and for unmanaged paths. */
  @IsIn(METHODS, { message: `$property must be one of ${METHODS.join(', ')}` })
  method: (typeof METHODS)[number];

  /**
   * `public`: a handler of Nest, or a route on the HTTP adapter that Nest does not know, that needs no identity; credentials are removed there
   * too. `unmanaged`: an application that Nest does not
   * know, such as a mounted Express application, authenticates its callers itself and gets their credentials; a handler of Nest below such
   * a path is refused.
   */
  @IsIn(['public', 'unmanaged'], { message: '$property must be "public" or "unmanaged"' })
  access: 'public' | 'unmanaged';

  @MinLength(10, { message: '$property must say, in a sentence, why the route needs no identity' })
  reason: string;
}

/** Authorization beside the decorators of each handler. */
export class HandlerAuthorizationOptions {
  /** Scopes that a scope implies: `{ 'orders:write': ['orders:read'] }`. Counts for the scope decorators, not for what is delegated. */
  @IsOptional()
  @IsObject({ message: '$property must map scopes to lists of scopes' })
  @IsStringListRecord({ message: '$property must map scopes to lists of scopes' })
  scopeHierarchy?: Record<string, string[]>;

  /**
   * Every scope that handlers of this server may require. A handler that requires another one stops the boot: a misspelled scope is one that nobody
   * holds. Scopes of `scopeHierarchy` need not be repeated. Default: any scope.
   */
  @IsOptional()
  @IsScopeList({ message: '$property must be a list of scopes, each by itself without spaces' })
  scopeCatalogue?: string[];

  /** Routes without an identity that cannot be decorated. Default: none. */
  @IsOptional()
  @IsArray({ message: '$property must be a list of { path, method, access, reason }' })
  @Nested(RouteOptions, { many: true })
  routes?: RouteOptions[];
}

export type UnregisteredAgents = 'allow' | 'refuse' | { scopes: string[] };

const isUnregistered = (value: unknown): boolean =>
  value === 'allow' || value === 'refuse' || isStrings((value as { scopes?: unknown } | null)?.scopes);

const IsUnregistered = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy({ name: 'isUnregistered', validator: { validate: isUnregistered } }, options);

/** The same at the boundary, where clients and agents call. */
export class AuthorizationOptions extends HandlerAuthorizationOptions {
  /**
   * What an agent may do that is not in `issuers[].agents`: everything that its token says (`allow`, the default), nothing (`refuse`), or
   * these scopes at most. An agent that `act` names must be in the registry under its id, `{ 'client-id': 'agent-id' }`, too.
   */
  @IsOptional()
  @IsUnregistered({ message: '$property must be "allow", "refuse" or { scopes: [...] }' })
  unregisteredAgents?: UnregisteredAgents;

  /** How clients prove that they hold the key of their token, where it is bound to one. */
  @IsOptional()
  @IsObject({ message: '$property must be { publicUrl, nonces, clientCertificate }' })
  @Nested(ProofOfPossessionOptions)
  proofOfPossession?: ProofOfPossessionOptions;

  /** The least a new client should ask for: `scopes_supported` of the metadata, and `scope` of a 401 challenge. Default: left out. */
  @IsOptional()
  @IsScopeList({ message: '$property must be a list of scopes, each by itself without spaces' })
  scopesSupported?: string[];

  /**
   * More names of input fields that a model must not fill in unless they are declared `@DataSubject()`, such as `customer_id`: in any case and
   * word separation. One word is a whole name; several are found inside a name too. Default: none beside those that the library knows.
   */
  @IsOptional()
  @IsStrings({ message: '$property must be a list of names' })
  identityFields?: string[];

  /** Who may end identities from outside: providers by back-channel logout, transmitters by security events. Default: nobody. */
  @IsOptional()
  @IsObject({ message: '$property must be { logout, events }' })
  @Nested(SignalsOptions)
  signals?: SignalsOptions;
}
