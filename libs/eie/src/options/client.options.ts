import { IsIn, IsObject, IsOptional, IsString, MinLength, ValidateIf } from 'class-validator';
import { type JWK } from 'jose';
import { HasNoneOf, IsIdentifier, IsStringRecord, Nested } from './constraints.js';

/** How this server proves itself at the token endpoint of an issuer. */
export class ClientAuthOptions {
  @IsIn(['private_key_jwt', 'client_secret_basic', 'client_secret_post'], {
    message: '$property must be "private_key_jwt" (preferred), "client_secret_basic" or "client_secret_post"',
  })
  method: 'private_key_jwt' | 'client_secret_basic' | 'client_secret_post';

  /**
   * For `private_key_jwt`: a private JWK with `alg` and `kid`, or with `x5t#S256` where the issuer knows a certificate and not a
   * key. Never one of `signing.keys`.
   */
  @ValidateIf((auth: ClientAuthOptions) => auth.method === 'private_key_jwt')
  @IsObject({ message: '$property must be a private JWK with "alg" and "kid"; do not reuse a key of "signing"' })
  key?: JWK;

  @ValidateIf((auth: ClientAuthOptions) => auth.method !== 'private_key_jwt')
  @MinLength(1, { message: '$property must be the secret of the client; read it from your secret store' })
  secret?: string;
}

/** This server as an OAuth client of an issuer. */
export class ClientOptions {
  @IsString({ message: '$property must be the client id of this server at the issuer' })
  @MinLength(1, { message: '$property must be the client id of this server at the issuer' })
  clientId: string;

  @IsObject({ message: '$property must say how the client authenticates: { method: "private_key_jwt", key }' })
  @Nested(ClientAuthOptions)
  auth: ClientAuthOptions;
}

/** Where the token endpoint of an issuer is: its own metadata (RFC 8414, OIDC discovery), or written here. */
export class TokenEndpointOptions {
  @IsIdentifier({ message: '$property must be an https URL (http only on loopback)' })
  tokenEndpoint: string;

  /** Needed where `opaqueTokens` are taken. */
  @IsOptional()
  @IsIdentifier({ message: '$property must be an https URL (http only on loopback)' })
  introspectionEndpoint?: string;
}

/** What the dialects and the authentication of the client send themselves. */
const RESERVED_PARAMETERS = [
  'grant_type',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
  'requested_token_type',
  'requested_token_use',
  'assertion',
  'resource',
  'audience',
  'scope',
];

const NAMINGS = ['resource', 'audience', 'both'] as const;
const TOKEN_TYPES = ['access_token', 'jwt', 'none'] as const;

/** How an issuer wants to be asked for the token of a target. The presets know it of their provider. */
export class ExchangeOptions {
  /** `rfc8693` (default), or `entra_id`: the on-behalf-of flow of Microsoft Entra ID (RFC 7523 with `requested_token_use`). */
  @IsOptional()
  @IsIn(['rfc8693', 'entra_id'], { message: '$property must be "rfc8693" or "entra_id"' })
  dialect?: 'rfc8693' | 'entra_id';

  /** `rfc8693`: the parameter that names the target, `resource` (RFC 8707, default), `audience` (RFC 8693 §2.1) or both. */
  @IsOptional()
  @IsIn(NAMINGS, { message: '$property must be "resource", "audience" or "both"' })
  target?: (typeof NAMINGS)[number];

  /** `rfc8693`: the same for tokens of this server itself; `none` where their scopes alone name the target. Default: `target`. */
  @IsOptional()
  @IsIn([...NAMINGS, 'none'], { message: '$property must be "resource", "audience", "both" or "none"' })
  clientCredentials?: (typeof NAMINGS)[number] | 'none';

  /**
   * `rfc8693`: `jwt` where `access_token` would be answered with an opaque one, `none` where the issuer is to decide. Default
   * `access_token`.
   */
  @IsOptional()
  @IsIn(TOKEN_TYPES, { message: '$property must be "access_token", "jwt" or "none"' })
  requestedTokenType?: (typeof TOKEN_TYPES)[number];

  /**
   * `rfc8693`: sends an `actor_token` where this server acts, its own access token (client credentials) for this resource.
   * Default: none, since most servers know the actor by its client authentication.
   */
  @IsOptional()
  @MinLength(1, { message: '$property must be the resource that the actor token is asked for' })
  @IsString({ message: '$property must be the resource that the actor token is asked for' })
  actorTokenResource?: string;

  /** Further parameters of every exchange. One that a dialect or the authentication of the client sends itself is refused. */
  @IsOptional()
  @IsObject({ message: '$property must map parameters to values' })
  @IsStringRecord({ message: '$property must map parameters to values' })
  @HasNoneOf(RESERVED_PARAMETERS, {
    message: `$property may name none of ${RESERVED_PARAMETERS.join(', ')}: these are sent by the library itself`,
  })
  parameters?: Record<string, string>;

  /** `entra_id`: asks for `<resource>/.default`, and not for each scope. What comes back must be no wider all the same. Default false. */
  @IsOptional()
  @IsIn([true, false], { message: '$property must be true or false' })
  defaultScope?: boolean;

  /** The issuer names the client of the subject token as the innermost actor, though that token names none. Default false. */
  @IsOptional()
  @IsIn([true, false], { message: '$property must be true or false' })
  namesClient?: boolean;

  /** The audience of client assertions (`private_key_jwt`): the identifier of the issuer, or its token endpoint. Default `issuer`. */
  @IsOptional()
  @IsIn(['issuer', 'token_endpoint'], { message: '$property must be "issuer" or "token_endpoint"' })
  assertionAudience?: 'issuer' | 'token_endpoint';
}
