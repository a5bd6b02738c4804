import { ArrayNotEmpty, IsIn, IsObject, IsOptional, IsString, MinLength, ValidateIf } from 'class-validator';
import { DELEGATION_MODES, type DelegationMode } from '../envelope/execution-identity-envelope.js';
import { IsIdentifier, IsStringListRecord, IsStrings } from './constraints.js';

/** A downstream service. No part of it ever comes from a token or from the model. */
export class TargetOptions {
  @IsIn(DELEGATION_MODES, { message: `$property must be one of ${DELEGATION_MODES.join(', ')}` })
  mode: DelegationMode;

  /** Every call stays inside this origin and path prefix. */
  @IsIdentifier({ message: '$property must be the https URL that every call to the target stays inside (http only on loopback)' })
  baseUrl: string;

  /** The issuer whose token endpoint gives the credential; one of `issuers`. */
  @IsString({ message: '$property must be one of issuers[].issuer' })
  issuer: string;

  /** The resource indicator of the target (RFC 8707): the audience of its tokens. */
  @MinLength(1, { message: '$property must be the resource identifier of the target, the audience of its tokens' })
  @IsString({ message: '$property must be the resource identifier of the target, the audience of its tokens' })
  resource: string;

  /** The most that is ever asked for. */
  @ArrayNotEmpty({ message: '$property must name the scopes of the target that this server uses' })
  @IsStrings({ message: '$property must be a list of scopes' })
  scopes: string[];

  /** Services that the target may call onward in the same identity, each with the scopes it may use there. Default: none. */
  @IsOptional()
  @IsObject({ message: '$property must map names of services to lists of scopes' })
  @IsStringListRecord({ message: '$property must map names of services to lists of scopes' })
  onward?: Record<string, string[]>;

  /** Outside the trust domain: it gets a token but no `Txn-Token`, hence no signed identity. Default false. */
  @IsOptional()
  @IsIn([true, false], { message: '$property must be true or false' })
  external?: boolean;

  /** Why the target must see the user without this server as actor. Needed by `restricted_user`, and shown to reviewers. */
  @ValidateIf((target: TargetOptions) => target.mode === 'restricted_user' || target.reason !== undefined)
  @MinLength(10, { message: '$property must say, in a sentence, why the target cannot take "on_behalf_of"' })
  @IsString({ message: '$property must say, in a sentence, why the target cannot take "on_behalf_of"' })
  reason?: string;
}
