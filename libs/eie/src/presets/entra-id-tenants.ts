import { ArrayNotEmpty, IsOptional, Matches, ValidateIf } from 'class-validator';
import { EieConfigurationError } from 'execution-identity';
import { IsFunction, IsStrings, optionNames } from '../options/constraints.js';
import { type IssuerOptions } from '../options/issuer.options.js';
import { IssuerSource } from '../options/issuer-source.js';
import { readOptions } from '../options/read-options.js';
import { entraId, type EntraIdParameters } from './entra-id.js';
import { type ProviderOverrides } from './define-provider.js';

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DIRECTORY_OF_ISSUER = /^https:\/\/[^/]+\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/v2\.0$/;
/** Stands for each directory while the options are checked. */
const SOME_DIRECTORY = '00000000-0000-0000-0000-000000000000';
const LIST =
  '$property must list directory ids, GUIDs in lower case; or give "isAllowed", a function that is asked about each';

/** Which directories are accepted. */
export class EntraIdTenantsParameters {
  /** Their ids, GUIDs in lower case. Give this or `isAllowed`. */
  @ValidateIf(({ isAllowed }: EntraIdTenantsParameters) => isAllowed === undefined)
  @ArrayNotEmpty({ message: LIST })
  @Matches(GUID, { each: true, message: LIST })
  tenants?: string[];

  /** Asked about a directory once a minute at most, before its token is verified: look the id up, and fetch nothing by it. */
  @IsOptional()
  @IsFunction({ message: '$property must be a function of a directory id that says whether it is accepted' })
  isAllowed?: (tenantId: string) => boolean | Promise<boolean>;

  /** What clients are told as authorization servers. Default: the directories of `tenants`, and none beside `isAllowed`. */
  @IsOptional()
  @IsStrings({ message: '$property must be a list of issuers' })
  advertised?: string[];
}

/** The application is the same in every directory, so that it is configured once. */
type Application = Omit<EntraIdParameters, 'tenantId'> & Omit<ProviderOverrides, keyof EntraIdParameters | 'tenants'>;

/**
 * The directories of Microsoft Entra ID that use one multi-tenant application, each as {@link entraId} describes it. `common` and
 * `organizations` are where clients sign in; a token names the directory of its user as issuer, and that is what is accepted: exactly
 * `https://login.microsoftonline.com/<directory id>/v2.0`, or the same at the host of another `cloud`.
 *
 * `client` is this server's registration, which holds in each directory that has consented to it. Where directories have registrations of
 * their own, leave it out and give `ports.clients`.
 *
 * It does NOT accept every directory: anybody can make one. Nor does it take v1.0 tokens, the domain name of a directory, or
 * B2C and External ID, whose issuers have other names.
 *
 * @throws EieConfigurationError naming each wrong or missing parameter
 * @example issuers: [entraIdTenants({ audience: ['6f5e…'], isAllowed: id => customers.has(id), client })]
 */
export function entraIdTenants(options: EntraIdTenantsParameters & Application): IssuerSource {
  // What the helper says itself is refused with its own parameters.
  const names = [...optionNames(EntraIdTenantsParameters), 'tenantId'];
  const entries = Object.entries(options ?? {});
  const which = readOptions(
    EntraIdTenantsParameters,
    Object.fromEntries(entries.filter(([name]) => names.includes(name))),
    'entraIdTenants()',
  );
  if (which.tenants && which.isAllowed)
    throw new EieConfigurationError('entraIdTenants(): give "tenants" or "isAllowed", and not both.');
  const application = Object.fromEntries(entries.filter(([name]) => !names.includes(name))) as unknown as Application;
  const directory = (tenantId: string): IssuerOptions => entraId({ ...application, tenantId });
  directory(SOME_DIRECTORY);
  return new EntraIdTenants(which, directory);
}

class EntraIdTenants extends IssuerSource {
  readonly advertised: readonly string[];
  readonly #isAllowed: (tenantId: string) => boolean | Promise<boolean>;
  readonly #directory: (tenantId: string) => IssuerOptions;

  constructor(
    { tenants = [], isAllowed, advertised }: EntraIdTenantsParameters,
    directory: (tenantId: string) => IssuerOptions,
  ) {
    super();
    const listed = new Set(tenants);
    this.#isAllowed = isAllowed ?? (tenantId => listed.has(tenantId));
    this.#directory = directory;
    this.advertised = Object.freeze([...(advertised ?? tenants.map(tenantId => directory(tenantId).issuer))]);
  }

  async find(issuer: string): Promise<IssuerOptions | undefined> {
    const [, tenantId] = DIRECTORY_OF_ISSUER.exec(issuer) ?? [];
    if (tenantId === undefined) return undefined;
    const directory = this.#directory(tenantId);
    // Nothing but `true` lets a directory in.
    return directory.issuer === issuer && (await this.#isAllowed(tenantId)) === true ? directory : undefined;
  }
}
