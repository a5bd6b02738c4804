import { IsObject, IsOptional, IsString, MinLength } from 'class-validator';
import { IsClaimPath, IsStrings, Nested } from './constraints.js';

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
