import { ArrayNotEmpty, IsIn, IsOptional, IsString, MinLength, ValidateIf } from 'class-validator';
import { type JwkSet } from 'execution-identity';
import { HandlerAuthorizationOptions } from '../options/authorization.options.js';
import { IsCalledUrl, IsIdentifier, IsIssuerName, IsKeyAge, Nested } from '../options/constraints.js';
import { AreNamedOnce } from '../options/issuer-constraints.js';
import { IssuerOptions } from '../options/issuer.options.js';
import { IsObject } from '../options/plain-object.js';
import { PortsOptions, ProcessOptions } from '../options/process.options.js';
import { type TargetOptions } from '../options/target.options.js';

/** Which OAuth client may present the envelopes of a sealing server, so that nobody else's token goes with them. */
export class PresenterOptions {
  @IsIssuerName({ message: '$property must be the issuer at which the presenter is a client' })
  issuer: string;

  /** Of the sealing server itself, or, with `forwards`, of a service that passes its envelopes on. */
  @MinLength(1, { message: '$property must be the client id of the presenter at that issuer' })
  @IsString({ message: '$property must be the client id of the presenter at that issuer' })
  clientId: string;

  /**
   * It is not the sealing server but a service that received the envelope and calls this one onward. One never counts for
   * the other. Default false.
   */
  @IsOptional()
  @IsIn([true, false], { message: '$property must be true or false' })
  forwards?: boolean;
}

/** A server whose sealed envelopes this service accepts. */
export class TrustedSealerOptions {
  /** `iss` of its Txn-Tokens: its resource identifier. */
  @IsIdentifier({ message: '$property must be the resource identifier of the sealing server (http only on loopback)' })
  issuer: string;

  /** Its `/.well-known/jwks.json`. Give this or `jwks`. */
  @ValidateIf((sealer: TrustedSealerOptions) => sealer.jwks === undefined || sealer.jwksUri !== undefined)
  @IsCalledUrl(
    {
      message:
        '$property must be the https URL of the JWK Set of the sealing server (http only on loopback); or give the keys as "jwks"',
    },
    'issuer',
  )
  jwksUri?: string;

  @IsOptional()
  @IsObject({ message: '$property must be a JWK Set: { keys: [...] }' })
  jwks?: JwkSet;

  /** Seconds for which the keys of `jwksUri` are believed while it cannot be reached. Default 86400. */
  @IsKeyAge()
  maxKeyAge?: number;

  @ArrayNotEmpty({
    message: '$property must say which OAuth client the sealing server is: [{ issuer, clientId }]',
  })
  @Nested(PresenterOptions, { many: true })
  presenters: PresenterOptions[];
}

/** Whose Txn-Tokens this service accepts. */
export class TrustOptions {
  @MinLength(1, { message: '$property must name the trust domain, the same as at the sealing servers' })
  @IsString({ message: '$property must name the trust domain, the same as at the sealing servers' })
  trustDomain: string;

  @ArrayNotEmpty({ message: '$property must name at least one sealing server: { issuer, jwksUri, presenters }' })
  @AreNamedOnce('a sealing server', 'with all presenters')
  @Nested(TrustedSealerOptions, { many: true })
  issuers: TrustedSealerOptions[];

  /**
   * Takes each Txn-Token once, in all processes that share `ports.replay`, and none without a `jti`. Callers configure the target with `singleUse`
   * too. A service that forwards can then call this one once for each call it receives. Default false.
   */
  @IsOptional()
  @IsIn([true, false], { message: '$property must be true or false' })
  singleUse?: boolean;
}

/**
 * The options of `EieReceiverModule`, in the words of `EieModule`. Checked at boot.
 *
 * @example
 * {
 *   service: 'orders_api',
 *   resource: 'https://orders.internal',
 *   issuers: [keycloak({ url: 'https://id.example.com', realm: 'shop' })],
 *   trust: {
 *     trustDomain: 'mcp.example.com',
 *     issuers: [
 *       {
 *         issuer: 'https://mcp.example.com/mcp',
 *         jwksUri: 'https://mcp.example.com/.well-known/jwks.json',
 *         presenters: [{ issuer: 'https://id.example.com/realms/shop', clientId: 'shop-mcp' }],
 *       },
 *     ],
 *   },
 * }
 */
export class EieReceiverOptions extends ProcessOptions {
  /** The name under which callers configure this service among their `targets`. */
  @MinLength(1, { message: '$property must be the name that callers give this service among their targets' })
  @IsString({ message: '$property must be the name that callers give this service among their targets' })
  service: string;

  /** The identifier of this service: the audience of the access tokens it accepts. */
  @IsIdentifier({ message: '$property must be the https identifier of this service (http only on loopback)' })
  resource: string;

  /** The issuers of access tokens that this service accepts. An `IssuerSource` is for `EieModule` alone. */
  @ArrayNotEmpty({ message: '$property must configure at least one issuer of access tokens' })
  @AreNamedOnce()
  @Nested(IssuerOptions, { many: true })
  issuers: IssuerOptions[];

  @IsObject({ message: '$property must be { trustDomain, issuers }: whose Txn-Tokens this service believes' })
  @Nested(TrustOptions)
  trust: TrustOptions;

  /**
   * Services that this one calls onward, by the names that the sealing servers know them by. Only `service_identity`: this
   * service calls with its own token, of an issuer with `client`, and passes the Txn-Token on as it came. Each is checked at
   * boot; a call is refused unless the received Txn-Token names the target.
   */
  @IsOptional()
  @IsObject({ message: '$property must map target names to targets' })
  targets?: Record<string, TargetOptions>;

  @IsOptional()
  @IsObject({ message: '$property must be { scopeHierarchy, routes }' })
  @Nested(HandlerAuthorizationOptions)
  authorization?: HandlerAuthorizationOptions;

  @IsOptional()
  @IsObject({
    message:
      '$property must be { instances, clock, fetch, clients, diagnostics, replay, revocation, delegatedTokens, policy, telemetry }',
  })
  @Nested(PortsOptions)
  ports?: PortsOptions;
}
