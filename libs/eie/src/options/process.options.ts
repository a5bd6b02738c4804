import { IsObject, IsOptional, MinLength, ValidateBy, type ValidationOptions } from 'class-validator';
import { AuditLog, type Diagnostics } from 'execution-identity';
import { IsFunction, Nested } from './constraints.js';

const IsAuditLog = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy({ name: 'isAuditLog', validator: { validate: value => value instanceof AuditLog } }, options);

const IsDiagnostics = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isDiagnostics',
      validator: { validate: value => typeof (value as Diagnostics | null)?.report === 'function' },
    },
    options,
  );

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

/** What the library takes from the process that it runs in. Each has a default. */
export class PortsOptions {
  /** Milliseconds since the epoch. Default `Date.now`. */
  @IsOptional()
  @IsFunction({ message: '$property must be a function that returns milliseconds since the epoch' })
  clock?: () => number;

  /** Used for every outgoing request of the library. Default: the global `fetch`. */
  @IsOptional()
  @IsFunction({ message: '$property must be a fetch function' })
  fetch?: typeof fetch;

  /** Told what an operator needs to know: never a token, never a claim set. Default: the logger of Nest. */
  @IsOptional()
  @IsDiagnostics({ message: '$property must have a method report({ level, message })' })
  diagnostics?: Diagnostics;
}

/** What `EieModule` and `EieReceiverModule` are told in the same words. */
export class ProcessOptions {
  @IsOptional()
  @IsObject({ message: '$property must be { log } or { file }' })
  @Nested(AuditOptions)
  audit?: AuditOptions;

  @IsOptional()
  @IsObject({ message: '$property must be { clock, fetch, diagnostics }' })
  @Nested(PortsOptions)
  ports?: PortsOptions;
}
