import { BlockList } from 'node:net';
import { ArrayNotEmpty, IsArray, IsOptional, Matches, MinLength, ValidateBy, ValidateIf } from 'class-validator';
import { IsIdentifier, Nested } from './constraints.js';
import { addNetwork } from './networks.js';
import { IsObject } from './plain-object.js';

const SECRET = '$property must be a secret of at least 32 characters, the same in every process of this server';

/** Nonces that several processes accept from each other. */
export class NonceOptions {
  @MinLength(32, { message: SECRET })
  secret: string;
}

const isNetworks = (value: unknown): boolean =>
  Array.isArray(value) && value.every(one => addNetwork(new BlockList(), one));

/** A proxy that ends TLS, and says in a header which certificate its client has proven. */
export class ClientCertificateOptions {
  /**
   * The header that the proxy sets, such as `Client-Cert` (RFC 9440), or one with an URL-encoded PEM, such as `$ssl_client_escaped_cert` of nginx.
   * The proxy must remove or replace what its client sends under this name.
   */
  @Matches(/^[\w!#$%&'*+.^`|~-]+$/, { message: '$property must be the name of a header, such as "Client-Cert"' })
  header: string;

  /** The addresses from which the proxy connects: `['10.0.3.7', '10.1.0.0/16']`. From any other the header counts for nothing. */
  @ArrayNotEmpty({ message: '$property must name an address or a network of the proxy' })
  @IsArray({ message: '$property must be a list of addresses and networks, such as ["10.1.0.0/16"]' })
  @ValidateBy(
    { name: 'isNetworks', validator: { validate: isNetworks } },
    { message: '$property must be a list of addresses and networks, such as ["10.1.0.0/16"]' },
  )
  proxies: string[];
}

/** How clients prove that they hold the key that their token is bound to: DPoP (RFC 9449), client certificates (RFC 8705). */
export class ProofOfPossessionOptions {
  /**
   * The public URL of `/`, where it is not the origin of `resource`: behind a proxy that takes a path off, or under another host. Proofs name
   * it. It is that of every route, also of one with a resource of its own.
   */
  @IsOptional()
  @ValidateBy(
    { name: 'isBase', validator: { validate: value => typeof value === 'string' && !/[?#]/.test(value) } },
    { message: '$property must have no query and no fragment: the path of each request is put behind it' },
  )
  @IsIdentifier({
    message: '$property must be the https URL under which clients reach "/", such as "https://example.com/shop"',
  })
  publicUrl?: string;

  /**
   * Whether a proof must have a nonce of this server, which is of the last two minutes. It costs a client one more request now and then.
   * `true`: processes do not accept the nonces of each other. Several need `{ secret }`. Default false.
   */
  @IsOptional()
  @ValidateIf((options: ProofOfPossessionOptions) => typeof options.nonces !== 'boolean')
  @IsObject({ message: '$property must be true, false or { secret }' })
  @Nested(NonceOptions)
  nonces?: boolean | NonceOptions;

  /** Where client certificates are, when a proxy ends TLS. Default: on the TLS connection of this server. */
  @IsOptional()
  @IsObject({ message: '$property must be { header, proxies }' })
  @Nested(ClientCertificateOptions)
  clientCertificate?: ClientCertificateOptions;
}
