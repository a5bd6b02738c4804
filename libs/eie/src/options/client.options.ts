import { IsIn, IsOptional, IsString, MinLength, ValidateIf } from 'class-validator';
import { type JWK } from 'jose';
import { type Signer } from 'execution-identity';
import { IsCalledUrl, IsSigner, IsTrimmed, Nested } from './constraints.js';
import { IsObject } from './plain-object.js';

/** Client authentication at the token endpoint of an issuer. */
export class ClientAuthOptions {
  @IsIn(['private_key_jwt', 'client_secret_basic', 'client_secret_post'], {
    message: '$property must be "private_key_jwt" (preferred), "client_secret_basic" or "client_secret_post"',
  })
  method: 'private_key_jwt' | 'client_secret_basic' | 'client_secret_post';

  /**
   * For `private_key_jwt`: a private JWK with `alg` and `kid`, or with `x5t#S256` where the issuer knows a certificate and not a
   * key. Never one of `signing.keys`. Give this or `signer`.
   */
  @ValidateIf((auth: ClientAuthOptions) => auth.method === 'private_key_jwt' && auth.signer === undefined)
  @IsObject({
    message:
      '$property must be a private JWK with "alg" and "kid"; do not reuse a key of "signing"; or give a "signer"',
  })
  key?: JWK;

  /** For `private_key_jwt`: what signs where the key is not in this process, such as a KMS. For nothing else, and not beside `key`. */
  @ValidateIf((auth: ClientAuthOptions) => auth.signer !== undefined)
  @IsSigner(
    { message: '$property must be { kid, alg, publicKey, sign() }, without a "key" beside it' },
    { insteadOf: 'key' },
  )
  signer?: Signer;

  @ValidateIf((auth: ClientAuthOptions) => auth.method !== 'private_key_jwt')
  @MinLength(1, { message: '$property must be the secret of the client; read it from your secret store' })
  @IsTrimmed({ message: '$property must be the secret of the client' })
  secret?: string;
}

/** This server as an OAuth client of an issuer. */
export class ClientOptions {
  @IsString({ message: '$property must be the client id of this server at the issuer' })
  @MinLength(1, { message: '$property must be the client id of this server at the issuer' })
  @IsTrimmed({ message: '$property must be the client id of this server at the issuer' })
  clientId: string;

  @IsObject({ message: '$property must say how the client authenticates: { method: "private_key_jwt", key }' })
  @Nested(ClientAuthOptions)
  auth: ClientAuthOptions;
}

/** Where the token endpoint of an issuer is: its own metadata (RFC 8414, OIDC discovery), or written here. */
export class TokenEndpointOptions {
  @IsCalledUrl({ message: '$property must be an https URL (http only on loopback)' }, 'issuer')
  tokenEndpoint: string;

  /** Needed where `opaqueTokens` are taken. */
  @IsOptional()
  @IsCalledUrl({ message: '$property must be an https URL (http only on loopback)' }, 'issuer')
  introspectionEndpoint?: string;
}
