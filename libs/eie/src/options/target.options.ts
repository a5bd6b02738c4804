import {
  IsIn,
  IsInt,
  IsNotEmptyObject,
  IsOptional,
  IsString,
  Max,
  Min,
  MinLength,
  ValidateBy,
  ValidateIf,
  type ValidationOptions,
} from 'class-validator';
import { DELEGATION_MODES, type DelegationMode } from 'execution-identity';
import { ClientOptions } from './client.options.js';
import { IsCalledUrl, IsStringListRecord, Nested } from './constraints.js';
import { type InboundIssuer, IsTargetIssuer } from './inbound-issuer.js';
import { IsObject } from './plain-object.js';
import { isScopeList } from './scope-list.js';
import { type AnyCredential, isCredential } from './target-credential.js';

export const ACT_EVIDENCE = ['required', 'if-jwt', 'none'] as const;
export type ActEvidence = (typeof ACT_EVIDENCE)[number];

const isScopes = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.length > 0 && isScopeList(value)
    : typeof value === 'object' &&
      value !== null &&
      Object.values(value).length > 0 &&
      Object.values(value).every(one => isScopeList(one) && (one as string[]).length > 0);

const IsScopes = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy({ name: 'isScopes', validator: { validate: isScopes } }, options);

const IsCredential = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy({ name: 'isCredential', validator: { validate: isCredential } }, options);
const CREDENTIAL = '$property must be apiKey({ header, secret }), basic({ username, password }) or a TargetCredential';

/** Without a credential of its own, a target gets a token. */
const getsToken = (target: object): boolean => !('credential' in target) || target.credential === undefined;
/** Needed for a token, and checked wherever it is given. */
const OfToken = (): PropertyDecorator =>
  ValidateIf((target: object, value: unknown) => getsToken(target) || value !== undefined);

/** What differs for the users of one tenant. A member that is left out is that of the target. */
export class TenantTargetOptions {
  @IsOptional()
  @IsCalledUrl({ message: '$property must be an https URL (http only on loopback)' }, 'target')
  baseUrl?: string;

  /** One of `issuers`, or `inboundIssuer()`. */
  @IsOptional()
  @IsTargetIssuer('$property must be one of issuers[].issuer, or inboundIssuer()')
  issuer?: string | InboundIssuer;

  @IsOptional()
  @MinLength(1, { message: '$property must be the resource identifier of the target' })
  @IsString({ message: '$property must be the resource identifier of the target' })
  resource?: string;

  @IsOptional()
  @MinLength(1, { message: '$property must be the audience of the tokens of the target' })
  @IsString({ message: '$property must be the audience of the tokens of the target' })
  audience?: string;

  /** This server as a client of the issuer, where each tenant has registered it for itself. */
  @IsOptional()
  @IsObject({ message: '$property must be { clientId, auth }' })
  @Nested(ClientOptions)
  client?: ClientOptions;

  /** The credential of that tenant, at a target with a `credential`. */
  @IsOptional()
  @IsCredential({ message: CREDENTIAL })
  credential?: AnyCredential;
}

/** A downstream service. No part of it ever comes from a token or from the model. */
export class TargetOptions {
  @IsIn(DELEGATION_MODES, { message: `$property must be one of ${DELEGATION_MODES.join(', ')}` })
  mode: DelegationMode;

  /** Every call stays inside this origin and path prefix. */
  @IsCalledUrl(
    {
      message: '$property must be the https URL that every call to the target stays inside (http only on loopback)',
    },
    'target',
  )
  baseUrl: string;

  /**
   * For an API that knows no OAuth: `apiKey()`, `basic()`, or a `TargetCredential` that signs requests. With `service_identity` alone, and in
   * place of `issuer`, `client`, `resource` and `audience`.
   */
  @IsOptional()
  @IsCredential({ message: CREDENTIAL })
  credential?: AnyCredential;

  /**
   * The issuer whose token endpoint gives the credential; one of `issuers`, or `inboundIssuer()`: that of the actor. One that only an
   * `IssuerSource` knows is looked up when the target is called. Needed without a `credential`.
   */
  @OfToken()
  @IsTargetIssuer('$property must be one of issuers[].issuer; an API that knows no OAuth has a "credential"')
  issuer?: string | InboundIssuer;

  /** This server as a client of the issuer, where that is not `issuers[].client`: some give a client one kind of grant only. */
  @IsOptional()
  @IsObject({ message: '$property must be { clientId, auth }' })
  @Nested(ClientOptions)
  client?: ClientOptions;

  /** The resource indicator of the target (RFC 8707), or what its issuer knows it by: the audience of its tokens. Needed without a `credential`. */
  @OfToken()
  @MinLength(1, { message: '$property must be the resource identifier of the target, the audience of its tokens' })
  @IsString({ message: '$property must be the resource identifier of the target, the audience of its tokens' })
  resource?: string;

  /** `aud` of its tokens, where that is not `resource`: at Entra ID the client id of the API, and not its URI. */
  @IsOptional()
  @MinLength(1, { message: '$property must be the audience of the tokens of the target' })
  @IsString({ message: '$property must be the audience of the tokens of the target' })
  audience?: string;

  /**
   * The most that is ever asked for: a list, or, where the target has names of its own, a record from our scopes to its
   * scopes: `{ 'orders:read': ['Orders.Read'] }`. Needed without a `credential`; with one, a caller who holds none of them is refused, and
   * without them the policy of the handler alone decides.
   */
  @OfToken()
  @IsScopes({
    message:
      '$property must name the scopes of the target that this server uses: a list, or a record from scopes of ours to lists of its, each by itself without spaces',
  })
  scopes?: string[] | Record<string, string[]>;

  /**
   * What a token must show of the delegation before it is used: `required` (default), this server as actor over the inbound
   * chain; `if-jwt`, the same unless the token is opaque; `none`, no actor at all, since the issuer never names one. An
   * actor that is named and wrong is always refused, and what was shown is on the audit log.
   */
  @IsOptional()
  @IsIn(ACT_EVIDENCE, { message: `$property must be one of ${ACT_EVIDENCE.join(', ')}` })
  actEvidence?: ActEvidence;

  /** What differs between tenants, by the tenant of the actor. When given, an actor of another tenant, or of none, is refused. */
  @IsOptional()
  @IsNotEmptyObject(
    {},
    {
      message:
        '$property must map tenants to { baseUrl, resource, ... }; leave it out for a target that is the same for all',
    },
  )
  @Nested(TenantTargetOptions, { many: true })
  tenants?: Record<string, TenantTargetOptions>;

  /**
   * Services that the target may call onward in the same identity, each with the scopes that may be used there. They are sealed for each
   * service apart: no scope of one counts at another, nor do the scopes of the target. A service at which the caller holds none of its
   * scopes, or that `targets` of its agent or tenant do not list, is not named. Default: none.
   */
  @IsOptional()
  @IsObject({ message: '$property must map names of services to lists of scopes' })
  @IsStringListRecord({ message: '$property must map names of services to lists of scopes' })
  onward?: Record<string, string[]>;

  /**
   * Outside the trust domain: it gets a credential but no `Txn-Token`, hence no signed identity. Default false, and true with a `credential`: an
   * API that knows no OAuth reads no `Txn-Token`, and is often somebody else's.
   */
  @IsOptional()
  @IsIn([true, false], { message: '$property must be true or false' })
  external?: boolean;

  /** Every call gets a `Txn-Token` of its own, with a `jti` that a receiver takes once. Default false: one is used for up to a minute. */
  @IsOptional()
  @IsIn([true, false], { message: '$property must be true or false' })
  singleUse?: boolean;

  /** The `Txn-Token` says which approval the call has used up, and is for one use (`singleUse`) and no `onward` service. Default false. */
  @IsOptional()
  @IsIn([true, false], { message: '$property must be true or false' })
  carriesApproval?: boolean;

  /** Milliseconds until the target has begun to answer. A body may take longer. Default 30000. */
  @IsOptional()
  @IsInt({ message: '$property must be a number of milliseconds from 1 to 600000' })
  @Min(1, { message: '$property must be a number of milliseconds from 1 to 600000' })
  @Max(600_000, { message: '$property must be a number of milliseconds from 1 to 600000' })
  timeout?: number;

  /** Why the target must see the user without this server as actor. Needed by `restricted_user`, and shown to reviewers. */
  @ValidateIf((target: TargetOptions) => target.mode === 'restricted_user' || target.reason !== undefined)
  @MinLength(10, { message: '$property must say, in a sentence, why the target cannot take "on_behalf_of"' })
  @IsString({ message: '$property must say, in a sentence, why the target cannot take "on_behalf_of"' })
  reason?: string;
}
