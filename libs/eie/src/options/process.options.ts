import {
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  Matches,
  Min,
  MinLength,
  ValidateBy,
  type ValidationOptions,
} from 'class-validator';
import {
  type AuditDurability,
  type AuditExporter,
  AuditLog,
  type CheckpointAnchor,
  type CheckpointSigner,
  type Diagnostics,
  type PolicyEngine,
  ReplayStore,
  RequestStateStore,
  RevocationStore,
} from 'execution-identity';
import { ClientSource } from './client-source.js';
import { IsFunction, Nested } from './constraints.js';
import { TelemetryOptions } from './telemetry.options.js';
import { InsecureHttpOptions } from './insecure-http.js';

/** An instance of a class that extends an abstract one. */
const Extends = (type: abstract new () => object): PropertyDecorator =>
  ValidateBy(
    { name: 'extends', validator: { validate: value => value instanceof type } },
    { message: `$property must be an instance of a class that extends ${type.name}` },
  );

const HasMethod = (method: string, options: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    {
      name: 'hasMethod',
      validator: { validate: value => typeof (value as Record<string, unknown> | null)?.[method] === 'function' },
    },
    options,
  );

const IsAnchor = (): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isAnchor',
      validator: {
        validate: value =>
          typeof value === 'string'
            ? value !== ''
            : typeof (value as Partial<CheckpointAnchor> | null)?.publish === 'function',
      },
    },
    { message: '$property must be the path of a folder, or a CheckpointAnchor: { name, publish(checkpoint) }' },
  );

export class AuditOptions {
  /** Your own audit log. */
  @IsOptional()
  @Extends(AuditLog)
  log?: AuditLog;

  /** The folder of the default audit log; each process writes a folder of its own in it. Default `eie-audit` in the working directory. */
  @IsOptional()
  @MinLength(1, { message: '$property must be the path of a folder' })
  directory?: string;

  /** The name of the folder of this process. Default: the name of the host; a second process there gets a number behind it. */
  @IsOptional()
  @Matches(/^\w[\w.-]{0,99}$/, { message: '$property must be a name of letters, digits, ".", "_" and "-"' })
  instance?: string;

  /** What a record survives before the act that it announces begins: a loss of power (default), or the end of the process alone. */
  @IsOptional()
  @IsIn(['power-loss', 'process-crash'], { message: "$property must be 'power-loss' or 'process-crash'" })
  durability?: AuditDurability;

  /** Seconds that records are kept at least; then they go by whole segments. Default: for ever. */
  @IsOptional()
  @IsInt({ message: '$property must be a whole number of seconds' })
  @Min(86_400, { message: '$property must be at least a day: 86400 seconds' })
  keepFor?: number;

  /** Whether records have pseudonyms in place of subjects and sessions of users, each by a key that can be removed. Default false. */
  @IsOptional()
  @IsBoolean({ message: '$property must be true or false' })
  pseudonyms?: boolean;

  /** Where checkpoints are kept outside this machine: a folder, or your own place. Default: nowhere, and the log is not anchored. */
  @IsOptional()
  @IsAnchor()
  anchor?: string | CheckpointAnchor;

  /** The Ed25519 key that signs checkpoints. Default: one in the folder of the log, made at the first start. */
  @IsOptional()
  @HasMethod('sign', { message: '$property must be a CheckpointSigner: { publicKey, sign(bytes) }' })
  signer?: CheckpointSigner;

  /** Those that bring records elsewhere, behind the log: `new LoggerAuditExporter()`, `new OtelLogsAuditExporter()`, your own. */
  @IsOptional()
  @ValidateBy(
    {
      name: 'areExporters',
      validator: {
        validate: (value: unknown) => {
          const names = Array.isArray(value)
            ? value.map(one => (one as Partial<AuditExporter> | null)?.name)
            : [undefined];
          return names.every(name => /^[\w.-]{1,100}$/.test(name ?? '')) && new Set(names).size === names.length;
        },
      },
    },
    {
      message:
        '$property must be a list of AuditExporter, each with a name of its own: letters, digits, ".", "_" and "-"',
    },
  )
  exporters?: AuditExporter[];

  /** Whether answers say where their outcome is on the audit log, so that a receipt can be asked for. Default false. */
  @IsOptional()
  @IsBoolean({ message: '$property must be true or false' })
  namesRecords?: boolean;
}

/** What can be outside this process, or what the process provides. Each has a default. */
export class PortsOptions {
  /** Milliseconds since the epoch. Default `Date.now`. */
  @IsOptional()
  @IsFunction({ message: '$property must be a function that returns milliseconds since the epoch' })
  clock?: () => number;

  /** Used for every outgoing request of the library. Default: the global `fetch`. */
  @IsOptional()
  @IsFunction({ message: '$property must be a fetch function' })
  fetch?: typeof fetch;

  /**
   * Hosts beyond loopback that are called over http, each by its name: targets behind a mesh that does TLS, and, where NODE_ENV is
   * `development` or `test`, issuers. Each is said at boot. Default: none.
   */
  @IsOptional()
  @IsArray({ message: '$property must be a list of { host, for, reason }' })
  @Nested(InsecureHttpOptions, { many: true })
  dangerouslyAllowHttp?: InsecureHttpOptions[];

  /** Gets the reports to the operator. They never contain a token or a claim set. Default: the logger of Nest. */
  @IsOptional()
  @HasMethod('report', { message: '$property must have a method report({ level, message })' })
  diagnostics?: Diagnostics;

  /** This server as a client of issuers that say no `client`, found when a target is called. Default: none. */
  @IsOptional()
  @Extends(ClientSource)
  clients?: ClientSource;

  /** Remembers what may be used once: DPoP proofs, and Txn-Tokens of single use. Default: in this process. */
  @IsOptional()
  @Extends(ReplayStore)
  replay?: ReplayStore;

  /** Remembers who was revoked. Default: in this process, so that each process has to be told. */
  @IsOptional()
  @Extends(RevocationStore)
  revocation?: RevocationStore;

  /** Decides about each call that the requirements of its handler allow. It can only deny. Default: none. */
  @IsOptional()
  @HasMethod('allows', { message: '$property must have a method allows(question, signal)' })
  policy?: PolicyEngine;

  /** What the spans of OpenTelemetry say. There are some where `@opentelemetry/api` is installed and an SDK is registered. */
  @IsOptional()
  @IsObject({ message: '$property must be { endUser }' })
  @Nested(TelemetryOptions)
  telemetry?: TelemetryOptions;
}

/** The same at the boundary, where a client may ask its user during a call. */
export class BoundaryPortsOptions extends PortsOptions {
  /**
   * Remembers a call of an MCP tool while its client asks the user. Default: at the client, encrypted with a key of this
   * process. Several processes share `new EncryptedRequestStateStore(secret)`, or a store of their own.
   */
  @IsOptional()
  @Extends(RequestStateStore)
  requestState?: RequestStateStore;
}

/** Options that `EieModule` and `EieReceiverModule` share. */
export class ProcessOptions {
  @IsOptional()
  @IsObject({ message: '$property must be { log } or { file }' })
  @Nested(AuditOptions)
  audit?: AuditOptions;
}
