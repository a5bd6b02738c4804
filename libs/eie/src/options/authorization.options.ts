import {
  IsArray,
  IsObject,
  IsOptional,
  IsString,
  MinLength,
  ValidateBy,
  type ValidationOptions,
} from 'class-validator';
import { isStrings, IsStringListRecord, IsStrings, Nested } from './constraints.js';

/** A route that cannot be decorated, such as a health check of another library. Credentials are stripped there too. */
export class PublicRouteOptions {
  @IsString({ message: '$property must be a path that begins with "/"' })
  path: string;

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

  /** HTTP handlers that need no identity and cannot be decorated with `@Public()`. Default: none. */
  @IsOptional()
  @IsArray({ message: '$property must be a list of { path, reason }' })
  @Nested(PublicRouteOptions, { many: true })
  publicRoutes?: PublicRouteOptions[];
}

export type UnregisteredAgents = 'allow' | 'refuse' | { scopes: string[] };

const isUnregistered = (value: unknown): boolean =>
  value === 'allow' || value === 'refuse' || isStrings((value as { scopes?: unknown } | null)?.scopes);

const IsUnregistered = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy({ name: 'isUnregistered', validator: { validate: isUnregistered } }, options);

/** The same at the boundary, where clients and agents call. */
export class AuthorizationOptions extends HandlerAuthorizationOptions {
  /**
   * What a client may do that is neither in `act` nor in a registry: everything that its token says (`allow`, the
   * default), nothing, or these scopes at most.
   */
  @IsOptional()
  @IsUnregistered({ message: '$property must be "allow", "refuse" or { scopes: [...] }' })
  unregisteredAgents?: UnregisteredAgents;

  /** The least a new client should ask for: `scopes_supported` of the metadata, and `scope` of a 401 challenge. Default: left out. */
  @IsOptional()
  @IsStrings({ message: '$property must be a list of scopes' })
  scopesSupported?: string[];
}
