import { IsOptional } from 'class-validator';
import { IsClaimPath, IsValues, Nested } from './constraints.js';
import { IsObject } from './plain-object.js';

const CLAIM_PATH = { message: '$property must be the name of a claim, or a list of the names that lead to it' };

/** A claim that must be present and, where `values` are given, be one of them or a list with one of them. */
export class ClaimConditionOptions {
  /** By its name, or by the names that lead to it: `['app_metadata', 'provider']`. */
  @IsClaimPath(CLAIM_PATH)
  claim: string | string[];

  /** Compared with their type: `true` is not `'true'`. */
  @IsOptional()
  @IsValues({ message: '$property must be a list of strings, numbers and booleans' })
  values?: (string | number | boolean)[];
}

/** The same, and what else must be so. */
export class ClaimMatchOptions extends ClaimConditionOptions {
  /**
   * The token also has this claim, and it is another text. `{ claim: 'sub', differsFrom: 'client_id' }` states the rule of RFC 9068 §5 for an issuer
   * that keeps it: a token whose `sub` is its own client is a service's, every other one a user's.
   */
  @IsOptional()
  @IsClaimPath(CLAIM_PATH)
  differsFrom?: string | string[];

  /** And this does not hold, such as `{ claim: 'is_anonymous', values: [true] }`. */
  @IsOptional()
  @IsObject({ message: '$property must be { claim, values? }' })
  @Nested(ClaimConditionOptions)
  unless?: ClaimConditionOptions;
}

/** Where the token of a service says it, if that of a user says it elsewhere. */
export class ServiceClaimPathsOptions {
  /** Default: `claims.subject`. */
  @IsOptional()
  @IsClaimPath(CLAIM_PATH)
  subject?: string | string[];

  /** Default: `claims.clientId`. */
  @IsOptional()
  @IsClaimPath(CLAIM_PATH)
  clientId?: string | string[];

  /** Default: `claims.scope`. The token of a target is read by `claims.scope` alone. */
  @IsOptional()
  @IsClaimPath(CLAIM_PATH)
  scope?: string | string[];
}

/** Each a claim by its name, or by the names that lead to it: `['realm_access', 'roles']`. */
export class ClaimPathsOptions {
  /**
   * Who the user is, if `sub` is not the same at every API: `oid` at Entra ID. Default `sub`. A token that lacks it is its client's own where
   * `actorType.service` holds.
   */
  @IsOptional()
  @IsClaimPath(CLAIM_PATH)
  subject?: string | string[];

  /** Default `tenant`. */
  @IsOptional()
  @IsClaimPath(CLAIM_PATH)
  tenant?: string | string[];

  /** Default `client_id`. A token that lacks it is its subject's own where `actorType.service` holds. */
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

  /** Where `actorType.service` holds, these instead: Cloudflare Access names a machine in `common_name`, and leaves its `sub` empty. */
  @IsOptional()
  @IsObject({ message: '$property must be { subject?, clientId?, scope? }' })
  @Nested(ServiceClaimPathsOptions)
  service?: ServiceClaimPathsOptions;
}

export class ActorTypeOptions {
  @IsObject({ message: '$property must be { claim, values?, differsFrom?, unless? }: the positive evidence of a user' })
  @Nested(ClaimMatchOptions)
  user: ClaimMatchOptions;

  /** The evidence of a service. With `values` it says whose services are taken, and no other token is one of a service. */
  @IsOptional()
  @IsObject({ message: '$property must be { claim, values?, differsFrom?, unless? }' })
  @Nested(ClaimMatchOptions)
  service?: ClaimMatchOptions;
}
