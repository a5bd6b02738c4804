import { IsOptional, Matches, ValidateBy, type ValidationOptions } from 'class-validator';
import { ENVELOPE_HEADERS } from 'execution-identity';

/** Headers that mean something else, to this library or to everybody. */
const RESERVED = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'dpop',
  'host',
  'origin',
  'traceparent',
  'connection',
  'transfer-encoding',
  'content-type',
  'content-length',
  ...ENVELOPE_HEADERS,
];

const isHeaderName = (value: unknown): boolean =>
  typeof value === 'string' && /^[a-z0-9][a-z0-9-]{0,63}$/i.test(value) && !RESERVED.includes(value.toLowerCase());

const IsHeaderName = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy({ name: 'isHeaderName', validator: { validate: isHeaderName } }, options);

/** The header in which a proxy in front of this server hands on the tokens of an issuer. */
export class TokenHeaderOptions {
  /** Such as `x-goog-iap-jwt-assertion`, `x-amzn-oidc-accesstoken` or `cf-access-jwt-assertion`. */
  @IsHeaderName({
    message:
      '$property must be the name of the header that the proxy in front of this server sets, such as "x-goog-iap-jwt-assertion", and none that has a meaning of its own',
  })
  name: string;

  /** What stands before the token, as `Bearer` does in `Authorization`. Default: nothing. */
  @IsOptional()
  @Matches(/^[a-z][a-z0-9-]{0,31}$/i, { message: '$property must be one word, such as "Bearer"' })
  scheme?: string;
}
