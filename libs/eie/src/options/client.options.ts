import { IsIn, IsObject, IsOptional, IsString, MinLength, ValidateIf } from 'class-validator';
import { type JWK } from 'jose';
import { IsIdentifier, IsStringRecord, Nested } from './constraints.js';

/** How this server proves itself at the token endpoint of an issuer. */
export class ClientAuthOptions {
  @IsIn(['private_key_jwt', 'client_secret_basic', 'client_secret_post'], {
    message: '$property must be "private_key_jwt" (preferred), "client_secret_basic" or "client_secret_post"',
  })
  method: 'private_key_jwt' | 'client_secret_basic' | 'client_secret_post';

  /** For `private_key_jwt`: a private JWK with `alg` and `kid`. Never one of `signing.keys`. */
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

/** How an issuer wants to be asked for the token of a target. The presets know it of their provider. */
export class ExchangeOptions {
  /** `rfc8693` (default), or `entra_id`: the on-behalf-of flow of Microsoft Entra ID (RFC 7523 with `requested_token_use`). */
  @IsOptional()
  @IsIn(['rfc8693', 'entra_id'], { message: '$property must be "rfc8693" or "entra_id"' })
  dialect?: 'rfc8693' | 'entra_id';

  /** `rfc8693`: the parameter that names the target, `resource` (RFC 8707, default), `audience` (RFC 8693 §2.1) or both. */
  @IsOptional()
  @IsIn(['resource', 'audience', 'both'], { message: '$property must be "resource", "audience" or "both"' })
  target?: 'resource' | 'audience' | 'both';

  /** `rfc8693`: `jwt` where `access_token` would be answered with an opaque one. Default `access_token`. */
  @IsOptional()
  @IsIn(['access_token', 'jwt'], { message: '$property must be "access_token" or "jwt"' })
  requestedTokenType?: 'access_token' | 'jwt';

  /**
   * `rfc8693`: sends an `actor_token` where this server acts, its own access token (client credentials) for this resource.
   * Default: none, since most servers know the actor by its client authentication.
   */
  @IsOptional()
  @MinLength(1, { message: '$property must be the resource that the actor token is asked for' })
  @IsString({ message: '$property must be the resource that the actor token is asked for' })
  actorTokenResource?: string;

  /** `rfc8693`: further parameters of every exchange. They may replace none that the dialect sends. */
  @IsOptional()
  @IsObject({ message: '$property must map parameters to values' })
  @IsStringRecord({ message: '$property must map parameters to values' })
  parameters?: Record<string, string>;

  /** `entra_id`: asks for `<resource>/.default`, and not for each scope. What comes back must be no wider all the same. Default false. */
  @IsOptional()
  @IsIn([true, false], { message: '$property must be true or false' })
  defaultScope?: boolean;

  /** The issuer names the client of the subject token as the innermost actor, though that token names none. Default false. */
  @IsOptional()
  @IsIn([true, false], { message: '$property must be true or false' })
  namesClient?: boolean;
}
