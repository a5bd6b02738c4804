import { type Diagnostics, EieConfigurationError, ScopeHierarchy } from 'execution-identity';
import { type ServerOptions } from '../configuration/server-profile.js';
import { type Resources } from '../http/resources.js';
import { IssuerClient } from '../issuers/issuer-client.js';
import { documentsOf } from '../issuers/issuer-documents.js';
import { noteKeys } from '../issuers/issuer-keys.js';
import { IssuerDirectory } from '../issuers/issuer-directory.js';
import { sourcedIssuersOf } from '../issuers/sourced-issuers.js';
import { partition } from '../options/issuer-source.js';
import { type OpaqueAuthenticator, opaqueAuthenticator } from './introspection.strategy.js';

/** The issuers of a server, as those who verify its tokens by them. */
export function trustedIssuers(
  options: ServerOptions,
  resources: Resources,
  diagnostics: Diagnostics,
): IssuerDirectory {
  const directory = issuerDirectory(options, resources, diagnostics);
  noteKeys(
    options,
    directory.policies.map(({ issuer, keys }) => ({ issuer, verify: 'tokens', source: keys })),
  );
  return directory;
}

/** The same, for who verifies nothing by their keys. */
export function issuerDirectory(
  options: ServerOptions,
  { furtherAudiences }: Resources,
  diagnostics: Diagnostics,
): IssuerDirectory {
  const { resource, ports, authorization } = options;
  return new IssuerDirectory(partition(options.issuers).configured, sourcedIssuersOf(options), {
    resource,
    ...(ports && { ports }),
    acceptsDpop: true,
    diagnostics,
    documents: documentsOf(options),
    furtherAudiences,
    ...(authorization?.scopeHierarchy && { scopeHierarchy: new ScopeHierarchy(authorization.scopeHierarchy) }),
    ...(authorization?.unregisteredAgents && { unregisteredAgents: authorization.unregisteredAgents }),
  });
}

/**
 * @param now seconds since the epoch
 * @throws EieConfigurationError when it is not clear whom to ask about an opaque token
 */
export function opaqueIssuer(
  options: ServerOptions,
  directory: IssuerDirectory,
  now: () => number,
  diagnostics: Diagnostics,
): OpaqueAuthenticator | undefined {
  const { issuers, ports = {} } = options;
  const { configured } = partition(issuers);
  const [first, second] = configured.filter(issuer => issuer.opaqueTokens);
  if (!first) return undefined;
  if (second)
    throw new EieConfigurationError(
      'issuers[].opaqueTokens may be true for one issuer at most: an opaque token does not say whose it is.',
    );
  if (!first.client)
    throw new EieConfigurationError(
      `issuers[].opaqueTokens of ${first.issuer} needs issuers[].client: the issuer tells only its clients about tokens.`,
    );
  const client = new IssuerClient(configured, {
    fetch: ports.fetch ?? fetch,
    diagnostics,
    documents: documentsOf(options),
  });
  return opaqueAuthenticator(directory.configured(first.issuer)!, client, now);
}
