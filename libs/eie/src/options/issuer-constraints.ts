import { ValidateBy, type ValidationOptions } from 'class-validator';
import { isHttpUrl, isIssuerName, isTenantAudience } from 'execution-identity/internal';
import { CallsUrl } from './insecure-http.js';
import { IdentityProvider } from './identity-provider.js';

/** What the rules below read of the options of an issuer. */
interface Issuer {
  readonly jwks?: unknown;
  readonly jwksUri?: string;
  readonly client?: unknown;
  readonly metadata?: unknown;
  readonly tenants?: unknown;
}

/** Whether nothing is looked up by the name of the issuer. */
function isOnlyName({ jwks, jwksUri, client, metadata }: Issuer): boolean {
  const hasUrl = typeof metadata === 'string' && metadata !== 'discovery';
  const hasKeys = jwks !== undefined || (jwksUri !== undefined && (jwksUri !== 'discovery' || hasUrl));
  return hasKeys && (client === undefined || typeof metadata === 'object' || hasUrl);
}

/** `iss` of its tokens: a URL, or a name beside which its keys are given. */
export const IsIssuer =
  (options: { readonly message: string }): PropertyDecorator =>
  (prototype, property) => {
    CallsUrl({ use: 'issuer', message: options.message, unless: isOnlyName })(prototype, property);
    const isIssuer = (issuer: unknown, issuerOptions: object): boolean =>
      isHttpUrl(issuer) || (isIssuerName(issuer) && isOnlyName(issuerOptions));
    ValidateBy(
      { name: 'isIssuer', validator: { validate: (issuer, args) => isIssuer(issuer, args!.object) } },
      options,
    )(prototype, property);
    for (const [name, message, isRight] of AS_IN_ISS)
      ValidateBy(
        { name, validator: { validate: issuer => !isHttpUrl(issuer) || isRight(issuer as string) } },
        { message },
      )(prototype, property);
  };

/** What a URL can have, and `iss` has not. */
const AS_IN_ISS: readonly (readonly [name: string, message: string, isRight: (issuer: string) => boolean])[] = [
  [
    'isSpeltAsInIss',
    '$property must be spelt as in "iss", without white space around it, such as the line end of the file that it is read from: trim() it',
    isIssuerName,
  ],
  [
    'isNoDocument',
    '$property must be the issuer, as in "iss", and not the URL of its metadata: the issuer is what its "issuer" says, often what stands before "/.well-known"',
    issuer => !issuer.includes('/.well-known/'),
  ],
];

/** Two issuers of one name: the tokens of one would be read by the rules of the other. What is no list is for another rule. */
export const AreNamedOnce = (what = 'an issuer', together = 'with all audiences and tenants'): PropertyDecorator =>
  ValidateBy(
    { name: 'areNamedOnce', validator: { validate: value => !Array.isArray(value) || isNamedOnce(value) } },
    { message: `$property must not name ${what} twice: remove one of the two, or make them one ${together}` },
  );

function isNamedOnce(issuers: readonly ({ readonly issuer?: string } | null)[]): boolean {
  const names = issuers.map(one => one?.issuer ?? one);
  return new Set(names).size === names.length;
}

/** `'discovery'`, the URL of the document, or what would be in it. */
export const IsMetadata =
  (options: { readonly message: string }): PropertyDecorator =>
  (prototype, property) => {
    CallsUrl({ use: 'issuer', message: options.message })(prototype, property);
    const validate = (value: unknown): boolean =>
      value === 'discovery' || isHttpUrl(value) || (typeof value === 'object' && value !== null);
    ValidateBy({ name: 'isMetadata', validator: { validate } }, options)(prototype, property);
  };

/** Each member is compared as it is, so that a placeholder would wait for an audience that no token has. */
export const NamesNoTenant = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy({ name: 'namesNoTenant', validator: { validate: value => !String(value).includes('{tenant}') } }, options);

/** With the tenants that may stand in it. */
export const IsTenantAudience = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isTenantAudience',
      validator: {
        validate: (value, args) => isTenantAudience(value) && (args!.object as Issuer).tenants !== undefined,
      },
    },
    options,
  );

/** What `defineProvider()` of this copy of the package has made. */
export const IsIdentityProvider = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    { name: 'isIdentityProvider', validator: { validate: value => IdentityProvider.isProvider(value) } },
    options,
  );
