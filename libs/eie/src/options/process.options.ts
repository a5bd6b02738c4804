import {
  IsArray,
  IsObject,
  IsOptional,
  IsString,
  MinLength,
  ValidateBy,
  type ValidationOptions,
} from 'class-validator';
import { AuditLog } from 'execution-identity';
import { IsFunction, IsStringListRecord, Nested } from './constraints.js';

const IsAuditLog = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy({ name: 'isAuditLog', validator: { validate: value => value instanceof AuditLog } }, options);

export class AuditOptions {
  /** Your own audit log. */
  @IsOptional()
  @IsAuditLog({ message: '$property must be an instance of a class that extends AuditLog' })
  log?: AuditLog;

  /** The file of the default audit log, one JSON object a line. Default `eie-audit.jsonl` in the working directory. */
  @IsOptional()
  @MinLength(1, { message: '$property must be the path of a file' })
  file?: string;
}

/** A route that cannot be decorated, such as a health check of another library. Credentials are stripped there too. */
export class PublicRouteOptions {
  @IsString({ message: '$property must be a path that begins with "/"' })
  path: string;

  @MinLength(10, { message: '$property must say, in a sentence, why the route needs no identity' })
  reason: string;
}

/** What every module of this library that handles requests has to be told. */
export class ProcessOptions {
  @IsOptional()
  @IsObject({ message: '$property must be { log } or { file }' })
  @Nested(AuditOptions)
  audit?: AuditOptions;

  @IsOptional()
  @IsArray({ message: '$property must be a list of { path, reason }' })
  @Nested(PublicRouteOptions, { many: true })
  publicRoutes?: PublicRouteOptions[];

  /** Scopes that a scope implies: `{ 'orders:write': ['orders:read'] }`. Counts for the scope decorators, not for what is delegated. */
  @IsOptional()
  @IsObject({ message: '$property must map scopes to lists of scopes' })
  @IsStringListRecord({ message: '$property must map scopes to lists of scopes' })
  scopeHierarchy?: Record<string, string[]>;

  /** Milliseconds since the epoch. Default `Date.now`. */
  @IsOptional()
  @IsFunction({ message: '$property must be a function that returns milliseconds since the epoch' })
  clock?: () => number;

  /** Used for every outgoing request of the library. Default: the global `fetch`. */
  @IsOptional()
  @IsFunction({ message: '$property must be a fetch function' })
  fetch?: typeof fetch;
}
