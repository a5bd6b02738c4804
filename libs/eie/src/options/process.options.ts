import { IsArray, IsIn, IsOptional } from 'class-validator';
import { type Diagnostics, type PolicyEngine, ReplayStore, RevocationStore } from 'execution-identity';
import { AuditOptions } from './audit.options.js';
import { ClientSource } from './client-source.js';
import { IsClock, IsFunction, Nested } from './constraints.js';
import { DelegatedTokensOptions } from './delegated-tokens.options.js';
import { IsObject } from './plain-object.js';
import { TelemetryOptions } from './telemetry.options.js';
import { InsecureHttpOptions } from './insecure-http.js';
import { Extends, HasMethod } from './port-constraints.js';

/** What can be outside this process, or what the process provides. Each has a default. */
export class PortsOptions {
  /**
   * How many processes serve the same users. `many`: the boot refuses whatever only this process would know. Default: as for `one`; in production,
   * where the environment looks as if there were several, the operator is told what they do not share.
   */
  @IsOptional()
  @IsIn(['one', 'many'], { message: '$property must be "one" or "many"' })
  instances?: 'one' | 'many';

  /** Milliseconds since the epoch. Default `Date.now`. */
  @IsOptional()
  @IsClock({ message: '$property must be a function that returns milliseconds since the epoch, as a number' })
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

  /**
   * Shares the tokens that targets are called with, sealed, so that not each process asks the authorization server. While it is away, each does. Default:
   * in this process.
   */
  @IsOptional()
  @IsObject({ message: '$property must be { store, secrets }' })
  @Nested(DelegatedTokensOptions)
  delegatedTokens?: DelegatedTokensOptions;

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

/** Options that `EieModule` and `EieReceiverModule` share. */
export class ProcessOptions {
  @IsOptional()
  @IsObject({
    message:
      '$property must be { directory, instance, durability, keepFor, pseudonyms, anchor, signer, exporters, namesRecords } or { log }',
  })
  @Nested(AuditOptions)
  audit?: AuditOptions;
}
