import {
  ArrayNotEmpty,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  Matches,
  Max,
  Min,
  MinLength,
  ValidateBy,
  ValidateIf,
} from 'class-validator';
import { type JwkSet, TOKEN_ALGORITHMS, type TokenAlgorithm } from 'execution-identity';
import {
  IsCalledUrl,
  IsIssuerName,
  IsKeyAge,
  IsStringListRecord,
  IsStrings,
  IsTrimmed,
  Nested,
} from './constraints.js';
import { IsObject, isRecord } from './plain-object.js';

/** Security events that can end identities, by short names: CAEP 1.0 §3, RISC 1.0 §2. */
export const EVENT_TYPES = {
  'session-revoked': 'https://schemas.openid.net/secevent/caep/event-type/session-revoked',
  'credential-change': 'https://schemas.openid.net/secevent/caep/event-type/credential-change',
  'account-disabled': 'https://schemas.openid.net/secevent/risc/event-type/account-disabled',
  'account-purged': 'https://schemas.openid.net/secevent/risc/event-type/account-purged',
  'sessions-revoked': 'https://schemas.openid.net/secevent/risc/event-type/sessions-revoked',
} as const;
export type EventName = keyof typeof EVENT_TYPES;

/** `session`: whom the subject names, a session where it names one. `user`: the user, in every session. `nothing`: it is acknowledged. */
export type EventEnds = 'session' | 'user' | 'nothing';

const PATH = { message: '$property must be a path that begins with "/", without parameters, such as "/signals"' };
const IsPath = (): PropertyDecorator => Matches(/^(?:\/[\w.~-]+)+$/, PATH);

const ENDS: readonly unknown[] = ['session', 'user', 'nothing'] satisfies EventEnds[];
const isEventMap = (value: unknown): boolean =>
  isRecord(value) &&
  Object.entries(value as object).every(([name, ends]) => Object.hasOwn(EVENT_TYPES, name) && ENDS.includes(ends));

/** OpenID Connect Back-Channel Logout 1.0: a provider says that a user has logged out. */
export class LogoutSignalOptions {
  /** Where logout tokens are taken: what is registered as `backchannel_logout_uri` leads here. Default `/backchannel-logout`. */
  @IsOptional()
  @IsPath()
  path?: string;

  /**
   * By issuer: the client ids that logout tokens may be for (`aud`). Each has registered this path at the issuer. Default: `issuers[].client.clientId`
   * of each issuer that has one.
   */
  @IsOptional()
  @IsObject({ message: '$property must map issuers to lists of client ids' })
  @IsStringListRecord({ message: '$property must map issuers to lists of client ids' })
  clients?: Record<string, string[]>;

  /**
   * `session` (default): the session that the token names; access tokens must name it too, in `sid`. `user`: all of its user, for issuers whose access
   * tokens have no `sid`; a logout token without `sub` is then refused.
   */
  @IsOptional()
  @IsIn(['session', 'user'], { message: '$property must be "session" or "user"' })
  ends?: 'session' | 'user';
}

const SECRET = '$property must be a secret of at least 16 characters; read it from your secret store';

/** Where security events are fetched: RFC 8936. */
export class PollOptions {
  @IsCalledUrl(
    { message: '$property must be the https URL at which the transmitter is polled (http only on loopback)' },
    'issuer',
  )
  url: string;

  /** What this server presents there, as a bearer token. Default: nothing. */
  @IsOptional()
  @MinLength(16, { message: SECRET })
  @IsTrimmed({ message: '$property must be the secret' })
  secret?: string;

  /** Seconds between two polls that find nothing, where the transmitter answers at once and not when there is something. Default 10. */
  @IsOptional()
  @IsInt({ message: '$property must be a number of seconds from 1 to 3600' })
  @Min(1, { message: '$property must be a number of seconds from 1 to 3600' })
  @Max(3600, { message: '$property must be a number of seconds from 1 to 3600' })
  every?: number;
}

/** One transmitter of security events: RFC 8417, Shared Signals Framework 1.0. */
export class TransmitterOptions {
  /** Exactly as in `iss` of its tokens. */
  @IsIssuerName({ message: '$property must be the "iss" of the transmitter, exactly as in its tokens' })
  issuer: string;

  /** The URL of its keys. Give this or `jwks`. */
  @ValidateIf(({ jwks, jwksUri }: TransmitterOptions) => jwks === undefined || jwksUri !== undefined)
  @IsCalledUrl(
    { message: '$property must be the https URL of the keys of the transmitter; or give them as "jwks"' },
    'issuer',
  )
  jwksUri?: string;

  @IsOptional()
  @IsObject({ message: '$property must be a JWK Set: { keys: [...] }' })
  jwks?: JwkSet;

  /** Seconds for which the keys of `jwksUri` are believed while they cannot be fetched. Default 86400. */
  @IsKeyAge()
  maxKeyAge?: number;

  @ArrayNotEmpty({ message: '$property must list the signature algorithms of the transmitter, for example ["RS256"]' })
  @IsIn(TOKEN_ALGORITHMS, { each: true, message: `$property may only hold ${TOKEN_ALGORITHMS.join(', ')}` })
  algorithms: TokenAlgorithm[];

  /** Every member of `aud` must be one of these: what the transmitter calls this receiver. */
  @ArrayNotEmpty({ message: '$property must name this receiver as the transmitter does, in "aud"' })
  @IsStrings({ message: '$property must be a list of strings' })
  audience: string[];

  /** The issuers whose identities it may end. Each is one of `issuers`. Default: its own `issuer`. */
  @IsOptional()
  @ArrayNotEmpty({ message: '$property must name at least one issuer; leave it out for that of the transmitter' })
  @IsStrings({ message: '$property must be a list of issuers' })
  issuers?: string[];

  /** The issuer whose `sub`, `sid` and tenants its opaque subjects are. Default: such subjects are refused. */
  @IsOptional()
  @IsIssuerName({ message: '$property must be the issuer whose "sub" its opaque subjects are' })
  opaque?: string;

  /** What the events do, where it is not the default: `session-revoked` ends what it names, all others the user. */
  @IsOptional()
  @ValidateBy(
    { name: 'isEventMap', validator: { validate: isEventMap } },
    { message: `$property must map ${Object.keys(EVENT_TYPES).join(', ')} to "session", "user" or "nothing"` },
  )
  events?: Partial<Record<EventName, EventEnds>>;

  /** What it must present when it pushes, as a bearer token. Default: its signature is enough. */
  @IsOptional()
  @MinLength(16, { message: SECRET })
  @IsTrimmed({ message: '$property must be the secret' })
  secret?: string;

  /** Its events are fetched, and none is taken that it pushes. Default: it pushes them. */
  @IsOptional()
  @IsObject({ message: '$property must be { url, secret?, every? }' })
  @Nested(PollOptions)
  poll?: PollOptions;
}

/** A receiver of security events. */
export class EventSignalOptions {
  /** Where transmitters push their events: RFC 8935. Default `/security-events`. There is no such route where all of them are polled. */
  @IsOptional()
  @IsPath()
  path?: string;

  @IsArray({ message: '$property must be a list of transmitters' })
  @ArrayNotEmpty({ message: '$property must name at least one transmitter' })
  @Nested(TransmitterOptions, { many: true })
  transmitters: TransmitterOptions[];
}

/** Who may end identities from outside. Default: nobody. */
export class SignalsOptions {
  @IsOptional()
  @IsObject({ message: '$property must be { path?, clients?, ends? }; {} takes the defaults' })
  @Nested(LogoutSignalOptions)
  logout?: LogoutSignalOptions;

  @IsOptional()
  @IsObject({ message: '$property must be { path?, transmitters }' })
  @Nested(EventSignalOptions)
  events?: EventSignalOptions;
}
