import {
  ArrayNotEmpty,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Max,
  Min,
  MinLength,
  ValidateBy,
  ValidateIf,
  type ValidationOptions,
} from 'class-validator';
import { type JwkSet, TOKEN_ALGORITHMS, type TokenAlgorithm } from 'execution-identity';
import { ClientOptions, TokenEndpointOptions } from './client.options.js';
import { IsClaimPath, IsIdentifier, IsStringRecord, IsStrings, Nested } from './constraints.js';
import { IdentityProvider } from './identity-provider.js';

/** A claim that must be present and, where `values` are given, be one of them or a list with one of them. */
export class ClaimMatchOptions {
  @IsString({ message: '$property must name a claim' })
  @MinLength(1, { message: '$property must name a claim' })
  claim: string;

  @IsOptional()
  @IsStrings({ message: '$property must be a list of strings' })
  values?: string[];
}

const CLAIM_PATH = { message: '$property must be the name of a claim, or a list of the names that lead to it' };

/** Each a claim by its name, or by the names that lead to it: `['realm_access', 'roles']`. */
export class ClaimPathsOptions {
  /** Who the user is, if `sub` is not the same at every API: `oid` at Entra ID. Default `sub`. */
  @IsOptional()
  @IsClaimPath(CLAIM_PATH)
  subject?: string | string[];

  /** Default `tenant`. */
  @IsOptional()
  @IsClaimPath(CLAIM_PATH)
  tenant?: string | string[];

  /** Default `client_id`. */
  @IsOptional()
  @IsClaimPath(CLAIM_PATH)
  clientId?: string | string[];

  /** A space-delimited string or a list. Default `scope`. */
  @IsOptional()
  @IsClaimPath(CLAIM_PATH)
  scope?: string | string[];

  /** Default `roles`. */
  @IsOptional()
  @IsClaimPath(CLAIM_PATH)
  roles?: string | string[];

  /** An agent named in a claim of the issuer's own. Default: none; `act` is always read. */
  @IsOptional()
  @IsClaimPath(CLAIM_PATH)
  agent?: string | string[];
}

export class ActorTypeOptions {
  @IsObject({ message: '$property must be { claim, values? }: the positive evidence of a user' })
  @Nested(ClaimMatchOptions)
  user: ClaimMatchOptions;

  @IsOptional()
  @IsObject({ message: '$property must be { claim, values? }' })
  @Nested(ClaimMatchOptions)
  service?: ClaimMatchOptions;
}

const IsIdentityProvider = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    { name: 'isIdentityProvider', validator: { validate: value => IdentityProvider.isProvider(value) } },
    options,
  );

/** One issuer of access tokens, and what this server believes of it. */
export class IssuerOptions {
  /** Exactly as in `iss`. */
  @IsIdentifier({
    message: '$property must be the https identifier of an issuer, exactly as in "iss" (http only on loopback)',
  })
  issuer: string;

  /** Where its keys are: a URL, or `'discovery'` for what its metadata says. Give this or `jwks`. */
  @ValidateIf(
    ({ jwks, jwksUri }: IssuerOptions) => jwksUri !== 'discovery' && (jwks === undefined || jwksUri !== undefined),
  )
  @IsIdentifier({
    message:
      '$property must be the https URL of the JWK Set of the issuer (http only on loopback), or "discovery"; or give the keys as "jwks"',
  })
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

  /** What a token's `aud` must name. Default: `[resource]`. */
  @IsOptional()
  @ArrayNotEmpty({ message: '$property must name at least one audience; leave it out for [resource]' })
  @IsStrings({ message: '$property must be a list of strings' })
  audience?: string[];

  /** Further audiences a token may name beside ours. Default: none. */
  @IsOptional()
  @IsStrings({ message: '$property must be a list of strings' })
  toleratedAudiences?: string[];

  /** For an issuer that does not send `typ: at+jwt`: a claim that its access tokens have and its ID tokens lack. */
  @IsOptional()
  @IsObject({ message: '$property must be { claim, values? }' })
  @Nested(ClaimMatchOptions)
  accessTokenClaim?: ClaimMatchOptions;

  /** Longest `exp - iat`, in seconds. Default 86400; we advise 3600. */
  @IsOptional()
  @IsInt({ message: '$property must be a number of seconds from 1 to 86400' })
  @Min(1, { message: '$property must be a number of seconds from 1 to 86400' })
  @Max(86_400, { message: '$property must be a number of seconds from 1 to 86400' })
  maxLifetime?: number;

  /** The tenants this issuer may name. When given, every user's token must name one of them; when not, no token may name any. */
  @IsOptional()
  @ArrayNotEmpty({ message: '$property must name at least one tenant; leave it out for an issuer without tenants' })
  @IsStrings({ message: '$property must be a list of strings' })
  tenants?: string[];

  /** Where the issuer keeps subject, tenant, client id, scopes, roles and agent, if not where RFC 9068 does. */
  @IsOptional()
  @IsObject({ message: '$property must map subject, tenant, clientId, scope, roles or agent to claims' })
  @Nested(ClaimPathsOptions)
  claims?: ClaimPathsOptions;

  /** What shows whether a user or a service acts. A token whose `sub` is its own client is always a service. */
  @IsObject({
    message:
      '$property must say how a user is recognised, for example { user: { claim: "sub_profile", values: ["user"] } }',
  })
  @Nested(ActorTypeOptions)
  actorType: ActorTypeOptions;

  /** Client id → agent id, for agents that the issuer does not name in `act` itself. */
  @IsOptional()
  @IsObject({ message: '$property must map client ids to agent ids' })
  @IsStringRecord({ message: '$property must map client ids to agent ids' })
  agents?: Record<string, string>;

  /** This server as a client of the issuer. Needed by every target that names the issuer. */
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

  /** Its access tokens may be opaque: each is asked about (RFC 7662), as `client`. For one issuer at most. Default false. */
  @IsOptional()
  @IsIn([true, false], { message: '$property must be true or false' })
  opaqueTokens?: boolean;

  /** Default `'discovery'`. */
  @IsOptional()
  @ValidateIf((issuer: IssuerOptions) => issuer.metadata !== 'discovery')
  @IsObject({ message: '$property must be "discovery" or { tokenEndpoint }' })
  @Nested(TokenEndpointOptions)
  metadata?: 'discovery' | TokenEndpointOptions;
}
