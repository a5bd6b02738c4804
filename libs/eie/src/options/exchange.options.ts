import { IsIn, IsOptional, IsString, MinLength } from 'class-validator';
import { HasNoneOf, IsStringRecord } from './constraints.js';
import { IsObject } from './plain-object.js';

/** Sent by the dialects and by the authentication of the client. */
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
/** The grant that each dialect exchanges a token with: RFC 8693 §2.1, RFC 7523 §2.1. */
export const EXCHANGE_GRANTS = {
  rfc8693: 'urn:ietf:params:oauth:grant-type:token-exchange',
  entra_id: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
} as const;
/** The providers whose error answers are known, and the standard. */
export const ERROR_WORDS = ['standard', 'auth0', 'entra_id', 'keycloak', 'okta', 'zitadel'] as const;
export type ErrorWords = (typeof ERROR_WORDS)[number];
const TOKEN_TYPES = ['access_token', 'jwt', 'none'] as const;

/**
 * How a kind of authorization server is asked for the token of a target. It belongs to `defineProvider()` of
 * `nestjs-eie/presets`: an issuer without a provider is asked as RFC 8693 and RFC 8707 say.
 */
export class ExchangeOptions {
  /** `rfc8693` (default), or `entra_id`: the on-behalf-of flow of Microsoft Entra ID (RFC 7523 with `requested_token_use`). */
  @IsOptional()
  @IsIn(['rfc8693', 'entra_id'], { message: '$property must be "rfc8693" or "entra_id"' })
  dialect?: 'rfc8693' | 'entra_id';

  /** `rfc8693`: the parameter that names the target, `resource` (RFC 8707, default), `audience` (RFC 8693 §2.1) or both; `none` where its scopes alone do. */
  @IsOptional()
  @IsIn([...NAMINGS, 'none'], { message: '$property must be "resource", "audience", "both" or "none"' })
  target?: (typeof NAMINGS)[number] | 'none';

  /** `rfc8693`: the same for tokens of this server itself; `none` where their scopes alone name the target. Default: `target`. */
  @IsOptional()
  @IsIn([...NAMINGS, 'none'], { message: '$property must be "resource", "audience", "both" or "none"' })
  clientCredentials?: (typeof NAMINGS)[number] | 'none';

  /**
   * `rfc8693`: `jwt` where the server answers `access_token` with an opaque token, `none` where the server decides.
   * Default `access_token`.
   */
  @IsOptional()
  @IsIn(TOKEN_TYPES, { message: '$property must be "access_token", "jwt" or "none"' })
  requestedTokenType?: (typeof TOKEN_TYPES)[number];

  /**
   * `rfc8693`: sends an `actor_token` where this server acts: its own access token (client credentials) for this resource.
   * Default: none, since most servers know the actor by its client authentication.
   */
  @IsOptional()
  @MinLength(1, { message: '$property must be the resource that the actor token is asked for' })
  @IsString({ message: '$property must be the resource that the actor token is asked for' })
  actorTokenResource?: string;

  /** Further parameters of every exchange. It may not name a parameter that the library sends itself. */
  @IsOptional()
  @IsObject({ message: '$property must map parameters to values' })
  @IsStringRecord({ message: '$property must map parameters to values' })
  @HasNoneOf(RESERVED_PARAMETERS, {
    message: `$property may name none of ${RESERVED_PARAMETERS.join(', ')}: these are sent by the library itself`,
  })
  parameters?: Record<string, string>;

  /** `entra_id`: asks for `<resource>/.default` and not for each scope. The token must still not be wider. Default false. */
  @IsOptional()
  @IsIn([true, false], { message: '$property must be true or false' })
  defaultScope?: boolean;

  /** The issuer names the client of the subject token as the innermost actor, although that token names none. Default false. */
  @IsOptional()
  @IsIn([true, false], { message: '$property must be true or false' })
  namesClient?: boolean;

  /** The audience of client assertions (`private_key_jwt`): the identifier of the issuer, or its token endpoint. Default `issuer`. */
  @IsOptional()
  @IsIn(['issuer', 'token_endpoint'], { message: '$property must be "issuer" or "token_endpoint"' })
  assertionAudience?: 'issuer' | 'token_endpoint';

  /**
   * In whose words its error answers are read: a provider's codes tell causes apart that the standard has one code for. Default `entra_id` with
   * that dialect, else `standard`.
   */
  @IsOptional()
  @IsIn(ERROR_WORDS, { message: `$property must be one of ${ERROR_WORDS.join(', ')}` })
  errors?: ErrorWords;
}
