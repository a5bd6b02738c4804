import { ValidateBy, type ValidationOptions } from 'class-validator';
import { isIdentifier, isIssuerName, isTenantAudience } from 'execution-identity/internal';
import { IdentityProvider } from './identity-provider.js';

/** What the rules below read of the options of an issuer. */
interface Issuer {
  readonly jwks?: unknown;
  readonly jwksUri?: string;
  readonly client?: unknown;
  readonly metadata?: unknown;
  readonly tenants?: unknown;
}

/** Nothing can be looked up at an issuer whose name is no https URL. */
function isIssuer(issuer: unknown, { jwks, jwksUri, client, metadata }: Issuer): boolean {
  if (isIdentifier(issuer)) return true;
  const hasUrl = typeof metadata === 'string' && metadata !== 'discovery';
  const hasKeys = jwks !== undefined || (jwksUri !== undefined && (jwksUri !== 'discovery' || hasUrl));
  return isIssuerName(issuer) && hasKeys && (client === undefined || typeof metadata === 'object' || hasUrl);
}

/** `iss` of its tokens: a URL, or a name beside which its keys are given. */
export const IsIssuer = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isIssuer',
      validator: { validate: (issuer, args) => isIssuer(issuer, args!.object) },
    },
    options,
  );

/** `'discovery'`, the URL of the document, or what would be in it. */
export const IsMetadata = (options: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isMetadata',
      validator: {
        validate: value =>
          value === 'discovery' || isIdentifier(value) || (typeof value === 'object' && value !== null),
      },
    },
    options,
  );

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
