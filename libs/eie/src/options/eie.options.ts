import {
  IsArray,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Max,
  Min,
  MinLength,
  ValidateIf,
  ValidateBy,
  type ValidationOptions,
} from 'class-validator';
import { type JWK } from 'jose';
import { IsIdentifier, isStrings, IsStrings, Nested } from './constraints.js';
import { IssuerSource } from './issuer-source.js';
import { IssuerOptions } from './issuer.options.js';
import { ProcessOptions } from './process.options.js';
import { type TargetOptions } from './target.options.js';

export class SigningOptions {
  /** Private JWKs, EC P-256 or Ed25519. The first signs; all are published at `/.well-known/jwks.json`. */
  @IsArray({ message: '$property must be a list of private JWKs' })
  keys: JWK[];
}

const AreIssuers = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    {
      name: 'areIssuers',
      validator: {
        validate: (value, args) =>
          Array.isArray(value) && (value.length > 0 || (args?.object as EieOptions).issuerSource !== undefined),
      },
    },
    options,
  );

const IsIssuerSource = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy({ name: 'isIssuerSource', validator: { validate: value => value instanceof IssuerSource } }, options);

const isUnregistered = (value: unknown): boolean =>
  value === 'allow' || value === 'refuse' || isStrings((value as { scopes?: unknown } | null)?.scopes);

const IsUnregistered = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy({ name: 'isUnregistered', validator: { validate: isUnregistered } }, options);

export class AgentsOptions {
  /** What a client may do that is neither in `act` nor in a registry: everything its token says, nothing, or these scopes at most. */
  @IsOptional()
  @IsUnregistered({ message: '$property must be "allow", "refuse" or { scopes: [...] }' })
  unregistered?: 'allow' | 'refuse' | { scopes: string[] };
}

/** The options of `EieModule`. Plain objects are fine; they are checked at boot, and an unknown or wrong one stops it. */
export class EieOptions extends ProcessOptions {
  /** The identifier of this server, as clients know it: the `resource` of RFC 9728 and the default audience. */
  @IsIdentifier({
    message:
      '$property must be the https identifier of this server, such as "https://mcp.example.com/mcp" (http only on loopback)',
  })
  resource: string;

  /** May be empty beside an `issuerSource`. */
  @AreIssuers({
    message: '$property must configure at least one issuer of access tokens, or be [] beside an "issuerSource"',
  })
  @Nested(IssuerOptions, { many: true })
  issuers: IssuerOptions[];

  /** Further issuers, which come and go while the server runs. A target names one of `issuers`. */
  @IsOptional()
  @IsIssuerSource({ message: '$property must be an instance of a class that extends IssuerSource' })
  issuerSource?: IssuerSource;

  /** The audience of every sealed envelope: the set of services that believe each other's Txn-Tokens. */
  @MinLength(1, { message: '$property must name the trust domain, such as "shop.example"' })
  @IsString({ message: '$property must name the trust domain, such as "shop.example"' })
  trustDomain: string;

  /** The keys that seal envelopes, or `'ephemeral'`: a key that dies with the process, for development. */
  @ValidateIf((options: EieOptions) => options.signing !== 'ephemeral')
  @IsObject({ message: '$property must be { keys: [private JWK, ...] }, or "ephemeral" for development' })
  @Nested(SigningOptions)
  signing: SigningOptions | 'ephemeral';

  /** Downstream services by name. The name is the receiver's `service`. Each is checked where it is registered. */
  @IsOptional()
  @IsObject({ message: '$property must map target names to targets' })
  targets?: Record<string, TargetOptions>;

  @IsOptional()
  @IsObject({ message: '$property must be { unregistered }' })
  @Nested(AgentsOptions)
  agents?: AgentsOptions;

  /** Longest life of an envelope, in seconds. Default 300. */
  @IsOptional()
  @IsInt({ message: '$property must be a number of seconds from 1 to 3600' })
  @Min(1, { message: '$property must be a number of seconds from 1 to 3600' })
  @Max(3600, { message: '$property must be a number of seconds from 1 to 3600' })
  envelopeLifetime?: number;

  /**
   * Seconds for which a call may still answer after it was started, when its token expires meanwhile. Default 300. Nothing new is
   * called in its identity then.
   */
  @IsOptional()
  @IsInt({ message: '$property must be a number of seconds from 1 to 86400' })
  @Min(1, { message: '$property must be a number of seconds from 1 to 86400' })
  @Max(86_400, { message: '$property must be a number of seconds from 1 to 86400' })
  callDeadline?: number;

  /** The least a new client should ask for: `scopes_supported` of the metadata, and `scope` of a 401 challenge. Default: left out. */
  @IsOptional()
  @IsStrings({ message: '$property must be a list of scopes' })
  scopesSupported?: string[];
}
