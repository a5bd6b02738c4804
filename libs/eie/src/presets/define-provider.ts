import { EieConfigurationError } from 'execution-identity';
import { optionNames } from '../options/constraints.js';
import { ExchangeOptions } from '../options/exchange.options.js';
import { IdentityProvider } from '../options/identity-provider.js';
import { IssuerOptions } from '../options/issuer.options.js';
import { readOptions } from '../options/read-options.js';

/**
 * What an operator may say beside what a provider needs. The issuer, and the claim that tells its access tokens from its
 * ID tokens, belong to the provider.
 */
export type ProviderOverrides = Partial<Omit<IssuerOptions, 'issuer' | 'accessTokenClaim' | 'provider'>> & {
  /** Replaces what the provider says of its token exchange, field by field. */
  exchange?: ExchangeOptions;
};

/** What is known of a kind of authorization server. */
export interface ProviderDefinition<Parameters extends object> {
  /** The name of the preset, as error messages call it: `keycloak`. */
  readonly name: string;
  /** A class with class-validator decorators. Default: the provider needs no parameters. */
  readonly parameters?: new () => Parameters;
  /** The options of one issuer. It gets parameters that have been checked. */
  readonly issuer: (parameters: Parameters) => IssuerOptions;
  /** How it is asked for the token of a target. Default: RFC 8693, with a resource indicator (RFC 8707). */
  readonly exchange?: ExchangeOptions;
}

/** The options of one issuer, from the parameters of its provider and what the operator says beside them. */
export type Preset<Parameters extends object> = (
  options: Parameters & Omit<ProviderOverrides, keyof Parameters>,
) => IssuerOptions;

const OWNED_BY_PROVIDER = ['issuer', 'accessTokenClaim', 'provider'];

/**
 * Makes a preset: what is known of an identity provider, once, for every server that uses it. The presets of this library
 * are made with it.
 *
 * The preset does NOT ask the provider anything: it is a function of its parameters.
 *
 * @throws EieConfigurationError for wrong `exchange` options; the preset itself throws it for wrong parameters, naming each
 * @example
 * class AcmeParameters {
 *   @IsUrl({}, { message: '$property must be the URL of Acme, such as "https://id.example.com"' })
 *   url: string;
 * }
 * export const acme = defineProvider({
 *   name: 'acme',
 *   parameters: AcmeParameters,
 *   issuer: ({ url }) => ({
 *     issuer: url,
 *     jwksUri: 'discovery',
 *     algorithms: ['ES256'],
 *     actorType: { user: { claim: 'sub_profile', values: ['user'] } },
 *   }),
 *   exchange: { target: 'audience' },
 * });
 */
export function defineProvider<Parameters extends object>({
  name,
  parameters,
  issuer,
  exchange = {},
}: ProviderDefinition<Parameters>): Preset<Parameters> {
  const known = readOptions(ExchangeOptions, exchange, `defineProvider(), ${name}`, { path: 'exchange.' });
  return options => {
    const where = `${name}()`;
    const [own, overrides] = split(options, parameters && optionNames(parameters));
    // Where the result is used it is known which hosts may be called over http.
    const read = parameters
      ? readOptions(parameters, own, where, { allowsHttp: () => true })
      : refuseAny<Parameters>(own, where);
    const provided = issuerOf(() => issuer(read), where);
    return overridden(provided, overrides, changed => {
      const merged = {
        ...known,
        ...(changed === undefined ? {} : readOptions(ExchangeOptions, changed, where, { path: 'exchange.' })),
      };
      return new IdentityProvider(name, merged);
    });
  };
}

/** The provider's own parameters, and the options of an issuer that stand beside them. What is neither is refused with the first. */
function split(options: unknown, parameters: readonly string[] = []): [own: unknown, overrides: ProviderOverrides] {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return [options ?? {}, {}];
  const isOverride = (option: string): boolean =>
    !parameters.includes(option) &&
    !OWNED_BY_PROVIDER.includes(option) &&
    (option === 'exchange' || optionNames(IssuerOptions).includes(option));
  const entries = Object.entries(options);
  return [
    Object.fromEntries(entries.filter(([option]) => !isOverride(option))),
    Object.fromEntries(entries.filter(([option]) => isOverride(option))),
  ];
}

function refuseAny<Parameters extends object>(own: unknown, where: string): Parameters {
  const [unknown] = Object.keys(own as object);
  if (unknown === undefined) return {} as Parameters;
  throw new EieConfigurationError(`${where}: ${unknown} is not an option: remove it or correct its name.`);
}

/** A definition outside this library may fail in its own way on parameters that its class lets through. */
function issuerOf(make: () => IssuerOptions, where: string): IssuerOptions {
  try {
    return make();
  } catch (error) {
    if (error instanceof EieConfigurationError) throw error;
    throw new EieConfigurationError(
      `${where} cannot make an issuer of its parameters: ${error instanceof Error ? error.message : 'no error was given'}. Give its class of parameters a check for this.`,
    );
  }
}

/** Claims are replaced one by one; keys that are given as `jwks` are not fetched. What is `undefined` replaces nothing. */
function overridden(
  provided: IssuerOptions,
  { exchange, claims, ...given }: ProviderOverrides,
  provider: (exchange: ExchangeOptions | undefined) => IdentityProvider,
): IssuerOptions {
  const { jwksUri, ...rest } = provided;
  const overrides = present(given);
  return {
    ...rest,
    ...(jwksUri !== undefined && !overrides.jwks && { jwksUri }),
    ...overrides,
    claims: { ...provided.claims, ...present(claims ?? {}) },
    provider: provider(exchange),
  };
}

const present = <T extends object>(options: T): Partial<T> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
