import { EieConfigurationError } from 'execution-identity';
import { FixedCredential, fixedParts } from '../../options/fixed-credential.js';
import { headerProblem } from '../../options/credential-header.js';
import { type AnyCredential } from '../../options/target-credential.js';
import { type TargetOptions, type TenantTargetOptions } from '../../options/target.options.js';

/** What belongs to tokens. */
const OF_TOKENS = ['issuer', 'client', 'resource', 'audience', 'actEvidence'] as const;

interface OwnCredential {
  readonly credential: AnyCredential;
  /** In lower case. */
  readonly headers: readonly string[];
}

/**
 * The credential of a target that knows no OAuth, as it is for a tenant; `undefined` for a target that gets tokens.
 *
 * @param where the option, for the message
 * @throws EieConfigurationError naming the option and the fix
 */
export function ownCredential(
  options: TargetOptions,
  tenant: TenantTargetOptions,
  where: string,
): OwnCredential | undefined {
  if (!options.credential) {
    if (!tenant.credential) return undefined;
    throw new EieConfigurationError(
      `${where}.credential: give the target itself a "credential" too, or a token to all tenants.`,
    );
  }
  if (options.mode !== 'service_identity')
    throw new EieConfigurationError(
      `${where}.credential needs mode "service_identity": it is a credential of this server, and shows no user.`,
    );
  const given: Partial<TargetOptions & TenantTargetOptions> = { ...options, ...tenant };
  const superfluous = OF_TOKENS.filter(name => given[name] !== undefined);
  if (superfluous.length)
    throw new EieConfigurationError(
      `${where}: leave out ${superfluous.join(', ')}: a target with a "credential" gets no token. Or leave out the credential.`,
    );
  const credential = tenant.credential ?? options.credential;
  const headers = headersOf(credential);
  const problem = headers.length ? headers.map(headerProblem).find(Boolean) : 'must name at least one header';
  if (problem) throw new EieConfigurationError(`${where}.credential: headers: ${problem}.`);
  return { credential, headers: headers.map(name => name.toLowerCase()) };
}

/** As it names them. */
function headersOf(credential: AnyCredential): readonly string[] {
  if (credential instanceof FixedCredential) return [fixedParts(credential).header];
  const names: unknown = credential.headers;
  return Array.isArray(names) ? (names as readonly string[]) : [];
}
