import { ArrayNotEmpty, IsObject, IsOptional, IsString, MinLength, ValidateIf } from 'class-validator';
import { IsIdentifier, Nested } from '../options/constraints.js';
import { IssuerOptions } from '../options/issuer.options.js';
import { ProcessOptions } from '../options/process.options.js';
import { type JwkSet } from '../token/jwk-set.js';

/** A server whose sealed envelopes this service believes. */
export class TrustedSealerOptions {
  /** `iss` of its Txn-Tokens: its resource identifier. */
  @IsIdentifier({ message: '$property must be the resource identifier of the sealing server (http only on loopback)' })
  issuer: string;

  /** Its `/.well-known/jwks.json`. Give this or `jwks`. */
  @ValidateIf((sealer: TrustedSealerOptions) => sealer.jwks === undefined || sealer.jwksUri !== undefined)
  @IsIdentifier({ message: '$property must be the https URL of the JWK Set of the sealing server (http only on loopback); or give the keys as "jwks"' })
  jwksUri?: string;

  @IsOptional()
  @IsObject({ message: '$property must be a JWK Set: { keys: [...] }' })
  jwks?: JwkSet;
}

export class TrustOptions {
  @MinLength(1, { message: '$property must name the trust domain, the same as at the sealing servers' })
  @IsString({ message: '$property must name the trust domain, the same as at the sealing servers' })
  trustDomain: string;

  @ArrayNotEmpty({ message: '$property must name at least one sealing server: { issuer, jwksUri }' })
  @Nested(TrustedSealerOptions, { many: true })
  issuers: TrustedSealerOptions[];
}

/** Which OAuth client a sealing server is, so that nobody else's token goes with its envelopes. */
export class PresenterOptions {
  @IsIdentifier({ message: '$property must be the resource identifier of the sealing server' })
  workload: string;

  @IsIdentifier({ message: '$property must be the issuer at which the sealing server is a client' })
  issuer: string;

  @MinLength(1, { message: '$property must be the client id of the sealing server at that issuer' })
  @IsString({ message: '$property must be the client id of the sealing server at that issuer' })
  clientId: string;
}

/** The options of `EieReceiverModule`, checked at boot. */
export class EieReceiverOptions extends ProcessOptions {
  /** The name under which callers configure this service among their `targets`. */
  @MinLength(1, { message: '$property must be the name that callers give this service among their targets' })
  @IsString({ message: '$property must be the name that callers give this service among their targets' })
  service: string;

  /** The identifier of this service: the audience of the access tokens it accepts. */
  @IsIdentifier({ message: '$property must be the https identifier of this service (http only on loopback)' })
  resource: string;

  @ArrayNotEmpty({ message: '$property must configure at least one issuer of access tokens' })
  @Nested(IssuerOptions, { many: true })
  issuers: IssuerOptions[];

  @IsObject({ message: '$property must be { trustDomain, issuers }: whose Txn-Tokens this service believes' })
  @Nested(TrustOptions)
  trust: TrustOptions;

  @ArrayNotEmpty({ message: '$property must say which OAuth client each sealing server is: { workload, issuer, clientId }' })
  @Nested(PresenterOptions, { many: true })
  presenters: PresenterOptions[];
}
