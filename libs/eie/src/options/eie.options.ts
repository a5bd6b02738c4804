import {
  ArrayNotEmpty,
  IsArray,
  IsInt,
  IsOptional,
  IsString,
  Max,
  Min,
  MinLength,
  ValidateBy,
  ValidateIf,
} from 'class-validator';
import { type JWK } from 'jose';
import { AuthorizationOptions } from './authorization.options.js';
import { type Signer } from 'execution-identity';
import { IsIdentifier, IsSigner, Nested } from './constraints.js';
import { isDevelopment } from './environment.js';
import { IssuerSource } from './issuer-source.js';
import { AreNamedOnce } from './issuer-constraints.js';
import { IssuerOptions } from './issuer.options.js';
import { BoundaryPortsOptions } from './boundary-ports.options.js';
import { IsObject } from './plain-object.js';
import { ProcessOptions } from './process.options.js';
import { type TargetOptions } from './target.options.js';

/** How envelopes are signed for the targets that get a `Txn-Token`. */
export class SigningOptions {
  /** Private JWKs, EC P-256 or Ed25519. The first signs; all are published at `/.well-known/jwks.json`. */
  @ValidateIf((signing: SigningOptions) => signing.signer === undefined || signing.keys !== undefined)
  @IsArray({ message: '$property must be a list of private JWKs; or give a "signer"' })
  keys?: JWK[];

  /**
   * What signs where the key is not in this process, such as a KMS; ES256 or EdDSA. It signs instead of the first of `keys`,
   * which are then only published: its predecessor and its successor, as public JWKs.
   */
  @ValidateIf((signing: SigningOptions) => signing.signer !== undefined)
  @IsSigner({ message: '$property must be { kid, alg, publicKey, sign() }' })
  signer?: Signer;

  /**
   * The audience of every sealed envelope: the set of services that believe each other's Txn-Tokens. Default: the host of
   * `resource`, such as `mcp.example.com`.
   */
  @IsOptional()
  @MinLength(1, { message: '$property must name the trust domain, such as "shop.example"' })
  @IsString({ message: '$property must name the trust domain, such as "shop.example"' })
  trustDomain?: string;
}

const SIGNING = '$property must be { keys: [private JWK, ...] } or { signer }, or "ephemeral" for development';
const NOT_EPHEMERAL_HERE =
  '$property is "ephemeral", which works only where NODE_ENV is "development" or "test": give { keys: [private JWK, ...] }, or set NODE_ENV on your own machine';

/** An object is read as `SigningOptions`. */
const IsSigning = (): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isSigning',
      validator: {
        validate: value => (value === 'ephemeral' ? isDevelopment() : typeof value === 'object' && value !== null),
      },
    },
    { message: ({ value }) => (value === 'ephemeral' ? NOT_EPHEMERAL_HERE : SIGNING) },
  );

/**
 * How many verified tokens are remembered, and how long. Times, proof of possession, rights and revocation are checked at each request; the
 * signature, and the answer of introspection, only when a token is not remembered.
 */
export class TokenMemoryOptions {
  /** Tokens: the ones used last are kept. Default 10,000, which takes some 10 MB. One token for each user at a time is enough. */
  @IsOptional()
  @IsInt({ message: '$property must be a number of tokens from 1 to 1000000' })
  @Min(1, { message: '$property must be a number of tokens from 1 to 1000000' })
  @Max(1_000_000, { message: '$property must be a number of tokens from 1 to 1000000' })
  capacity?: number;

  /**
   * Seconds, and never longer than the token lives. Default 60. With 0 every request is verified anew. It is how late a revocation is seen that only
   * introspection tells; a key that its issuer publishes no more ends its tokens at once.
   */
  @IsOptional()
  @IsInt({ message: '$property must be a number of seconds from 0 to 3600' })
  @Min(0, { message: '$property must be a number of seconds from 0 to 3600' })
  @Max(3600, { message: '$property must be a number of seconds from 0 to 3600' })
  lifetime?: number;
}

/** Lifetimes and deadlines. */
export class LimitsOptions {
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

  /** What is remembered of verified tokens. */
  @IsOptional()
  @IsObject({ message: '$property must be { capacity, lifetime }' })
  @Nested(TokenMemoryOptions)
  tokenMemory?: TokenMemoryOptions;
}

/**
 * The options of `EieModule`. Plain objects are fine; they are checked at boot, and an unknown or wrong one stops it.
 *
 * @example { resource: 'https://mcp.example.com/mcp', issuers: [keycloak({ url: 'https://id.example.com', realm: 'shop' })] }
 */
export class EieOptions extends ProcessOptions {
  /** The identifier of this server, as clients know it: the `resource` of RFC 9728 and the default audience. */
  @IsIdentifier({
    message:
      '$property must be the https identifier of this server, such as "https://mcp.example.com/mcp" (http only on loopback)',
  })
  resource: string;

  /**
   * The issuers of access tokens that this server believes: the options of each, from a preset or by hand. An instance of a
   * class that extends `IssuerSource` knows issuers that come and go while the server runs.
   */
  @ArrayNotEmpty({
    message:
      '$property must configure at least one issuer of access tokens, in a list, or hold an instance of an IssuerSource',
  })
  @AreNamedOnce()
  @Nested(IssuerOptions, { many: true, except: IssuerSource })
  issuers: (IssuerOptions | IssuerSource)[];

  /** Downstream services by name. The name is the receiver's `service`. Each is checked where it is registered. */
  @IsOptional()
  @IsObject({ message: '$property must map target names to targets' })
  targets?: Record<string, TargetOptions>;

  /**
   * The keys that sign envelopes, or `'ephemeral'`: a key that dies with the process, for development. Needed where some
   * target gets a `Txn-Token`, which is every target that is not `external`. Without it no JWK Set is published.
   */
  @IsOptional()
  @IsSigning()
  @Nested(SigningOptions)
  signing?: SigningOptions | 'ephemeral';

  @IsOptional()
  @IsObject({
    message:
      '$property must be { scopeHierarchy, scopeCatalogue, scopesSupported, unregisteredAgents, identityFields, routes, proofOfPossession, signals }',
  })
  @Nested(AuthorizationOptions)
  authorization?: AuthorizationOptions;

  @IsOptional()
  @IsObject({ message: '$property must be { envelopeLifetime, callDeadline, tokenMemory }' })
  @Nested(LimitsOptions)
  limits?: LimitsOptions;

  @IsOptional()
  @IsObject({
    message:
      '$property must be { instances, clock, fetch, clients, agents, diagnostics, replay, revocation, delegatedTokens, policy, telemetry, requestState, approvals }',
  })
  @Nested(BoundaryPortsOptions)
  ports?: BoundaryPortsOptions;
}

/** The options of `EieModule.forFeature()`. */
export class EieFeatureOptions {
  /** Downstream services by name, as in `EieModule.forRoot()`. */
  @IsObject({ message: '$property must map target names to targets' })
  targets: Record<string, TargetOptions>;
}
