import { ArrayNotEmpty, IsIn, IsInt, IsOptional, Matches, Max, Min, ValidateIf } from 'class-validator';
import { type JwkSet, TOKEN_ALGORITHMS, type TokenAlgorithm } from 'execution-identity';
import { ClientOptions, TokenEndpointOptions } from './client.options.js';
import { ClaimMatchOptions } from './claim.options.js';
import { IsCalledUrl, IsKeyAge, IsStrings, Nested } from './constraints.js';
import { type IdentityProvider } from './identity-provider.js';
import { IssuerIdentityOptions } from './issuer-identity.options.js';
import { IsIdentityProvider, IsIssuer, IsMetadata, IsTenantAudience, NamesNoTenant } from './issuer-constraints.js';
import { IsObject } from './plain-object.js';
import { TokenHeaderOptions } from './token-header.options.js';

const LIFETIME = '$property must be a number of seconds from 1 to 604800; more than 86400 is said at boot';

const TOKEN_LENGTH = '$property must be a number of characters from 1024 to 16384';

/** One issuer of access tokens, and what this server believes of it. */
export class IssuerOptions extends IssuerIdentityOptions {
  /** Exactly as in `iss`. One that is no https URL, such as `acme.com`, is only a name: say where its keys are. */
  @IsIssuer({
    message:
      '$property must be the https identifier of an issuer, exactly as in "iss" (http only on loopback). One that is none needs "jwks" or the URL of its keys as "jwksUri", and "metadata" beside a "client"',
  })
  issuer: string;

  /** Where its keys are: a URL, or `'discovery'` for what its metadata says. Give this or `jwks`. */
  @ValidateIf(
    ({ jwks, jwksUri }: IssuerOptions) => jwksUri !== 'discovery' && (jwks === undefined || jwksUri !== undefined),
  )
  @IsCalledUrl(
    {
      message:
        '$property must be the https URL of the JWK Set of the issuer (http only on loopback), or "discovery"; or give the keys as "jwks"',
    },
    'issuer',
  )
  jwksUri?: string;

  @IsOptional()
  @IsObject({ message: '$property must be a JWK Set: { keys: [...] }' })
  jwks?: JwkSet;

  @ArrayNotEmpty({ message: '$property must list the signature algorithms of the issuer, for example ["RS256"]' })
  @IsIn(TOKEN_ALGORITHMS, {
    each: true,
    message: `$property may only hold ${TOKEN_ALGORITHMS.join(', ')}: symmetric algorithms and "none" are not accepted`,
  })
  algorithms: TokenAlgorithm[];

  /** What a token's `aud` must name. Default: `[resource]`, or none beside `tenantAudience`. Each is compared as it is. */
  @IsOptional()
  @ArrayNotEmpty({ message: '$property must name at least one audience; leave it out for [resource]' })
  @IsStrings({ message: '$property must be a list of strings' })
  @NamesNoTenant({
    message:
      '$property is compared as it is: an audience in which "{tenant}" stands for a tenant belongs into "tenantAudience"',
  })
  audience?: string[];

  /**
   * The audience of an issuer that has one for each tenant: `urn:logto:organization:{tenant}`. The segment that stands for `{tenant}` is the
   * tenant of the token; it must be one of `tenants`, and the only one that the token names.
   */
  @IsOptional()
  @IsTenantAudience({
    message:
      '$property must be an audience with one segment "{tenant}", such as "urn:logto:organization:{tenant}", beside the list "tenants"',
  })
  tenantAudience?: string;

  /** Further audiences a token may name beside ours. Default: none. */
  @IsOptional()
  @IsStrings({ message: '$property must be a list of strings' })
  toleratedAudiences?: string[];

  /**
   * The header in which a proxy in front of this server hands on its tokens. They are read there and nowhere else, never beside another
   * credential, and tokens of other issuers never there. For `EieModule`, and not for what an `IssuerSource` finds. Default: `Authorization`.
   */
  @IsOptional()
  @IsObject({ message: '$property must be { name, scheme? }' })
  @Nested(TokenHeaderOptions)
  tokenHeader?: TokenHeaderOptions;

  /** For an issuer that does not send `typ: at+jwt`: a claim that its access tokens have and its ID tokens lack. */
  @IsOptional()
  @IsObject({ message: '$property must be { claim, values? }' })
  @Nested(ClaimMatchOptions)
  accessTokenClaim?: ClaimMatchOptions;

  /**
   * Longest `exp - iat`, in seconds, up to 604800 (a week). Default 86400; we advise 3600. More than a day is said at boot: a stolen token
   * works as long, unless it is revoked, and a revocation store of your own must keep revocations as long.
   */
  @IsOptional()
  @IsInt({ message: LIFETIME })
  @Min(1, { message: LIFETIME })
  @Max(604_800, { message: LIFETIME })
  maxLifetime?: number;

  /**
   * Seconds for which the keys of `jwksUri` are believed while the issuer cannot be reached. Default 86400. A shorter time refuses sooner
   * in an outage; a key that the issuer withdraws meanwhile is believed no longer than this.
   */
  @IsKeyAge()
  maxKeyAge?: number;

  /**
   * Longest token, in characters, up to 16384. Default 8192: a token with 150 groups is longer. Node takes 16 KB of headers in all unless it is
   * started with `--max-http-header-size`.
   */
  @IsOptional()
  @IsInt({ message: TOKEN_LENGTH })
  @Min(1024, { message: TOKEN_LENGTH })
  @Max(16_384, { message: TOKEN_LENGTH })
  maxTokenLength?: number;

  /**
   * `'required'`: a token that is not bound to a key of its client (`cnf.jkt`, RFC 9449) is refused. Default `'accepted'`: it may be. A token
   * that is bound needs its proof in either case.
   */
  @IsOptional()
  @IsIn(['accepted', 'required'], { message: '$property must be "accepted" or "required"' })
  dpop?: 'accepted' | 'required';

  /** This server as a client of the issuer. Needed by every target that gets its tokens there, unless `ports.clients` knows it. */
  @IsOptional()
  @IsObject({ message: '$property must be { clientId, auth }' })
  @Nested(ClientOptions)
  client?: ClientOptions;

  /** How the issuer is asked for the tokens of targets, from a preset. Default: as RFC 8693 says, with a resource indicator. */
  @IsOptional()
  @IsIdentityProvider({
    message:
      '$property must come from a preset: spread what it returns, such as { ...keycloak({ ... }) }, or make one with defineProvider() of this copy of nestjs-eie/presets',
  })
  provider?: IdentityProvider;

  /**
   * What stands before a scope when the issuer is asked for it, though not in its tokens: `api://<id>/` at Entra ID. Challenges and metadata
   * then name `api://<id>/Orders.Write` where a handler needs `Orders.Write`. Default: nothing.
   */
  @IsOptional()
  @Matches(/^[!#-[\]-~]{1,256}$/, { message: '$property must be what stands before a scope, such as "api://8a7b…/"' })
  scopePrefix?: string;

  /** Its access tokens may be opaque: each is asked about (RFC 7662), as `client`. For one issuer at most. Default false. */
  @IsOptional()
  @IsIn([true, false], { message: '$property must be true or false' })
  opaqueTokens?: boolean;

  /**
   * What the issuer says of itself: `'discovery'` (default) by its well-known documents (OpenID Connect Discovery, RFC 8414); the URL of such a
   * document where the name of the issuer does not lead to it; or what would be in it. A document must name this very issuer.
   */
  @IsOptional()
  @IsMetadata({
    message:
      '$property must be "discovery", the https URL of the metadata (http only on loopback), or { tokenEndpoint }',
  })
  @Nested(TokenEndpointOptions)
  metadata?: string | TokenEndpointOptions;
}
