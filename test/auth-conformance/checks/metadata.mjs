import { skip, unmet } from '../outcome.mjs';
import { MCP, rfc } from '../references.mjs';
import { bearerChallenge } from '../wire/challenge.mjs';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** Where the metadata of a server may be: where its challenge says, at the well-known URL of its path, at that of its root. */
async function addresses(subject) {
  const { answer } = await subject.probe(await subject.anyEra(), []);
  const { origin, pathname, search } = new URL(subject.resource);
  const challenge = bearerChallenge(answer)?.get('resource_metadata');
  return {
    challenge,
    path: `${origin}${WELL_KNOWN}${pathname === '/' ? '' : pathname}${search}`,
    root: origin + WELL_KNOWN,
  };
}

async function documentAt(subject, address) {
  const { status, text, headers } = await subject.fetch(subject.reachable(address), {
    method: 'GET',
    headers: [['accept', 'application/json']],
  });
  if (status !== 200 || !headers['content-type']?.includes('json')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Every place that was looked at, and the documents found: the one that a client would use first. */
export async function metadataOf(subject) {
  subject.metadata ??= (async () => {
    const found = [];
    for (const [place, address] of Object.entries(await addresses(subject))) {
      if (!address || found.some(one => one.address === address)) continue;
      found.push({ place, address, document: await documentAt(subject, address) });
    }
    return found;
  })();
  return subject.metadata;
}

export async function metadataDocument(subject) {
  const found = (await metadataOf(subject)).find(({ document }) => document);
  return found?.document ?? skip('no protected resource metadata was found');
}

const isServerUrl = value =>
  URL.canParse(value) &&
  (new URL(value).protocol === 'https:' || ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(value).hostname));

export const checks = [
  {
    id: 'server-auth-prm-present',
    name: 'MetadataPresent',
    level: 'MUST',
    description: 'Protected resource metadata is found without credentials, by the challenge or at a well-known URL',
    specReferences: [MCP.discovery, rfc(9728, '3')],
    async run(subject) {
      const found = await metadataOf(subject);
      const details = {
        looked: found.map(({ place, address, document }) => ({ place, address, found: document !== undefined })),
      };
      if (!found.some(({ document }) => document)) unmet('no metadata was found', { details });
      return details;
    },
  },
  {
    id: 'server-auth-prm-authorization-servers',
    name: 'MetadataNamesAuthorizationServers',
    level: 'MUST',
    description: 'The metadata names at least one authorization server, by https or on loopback',
    specReferences: [MCP.location, rfc(9728, '2')],
    async run(subject) {
      const { authorization_servers: servers } = await metadataDocument(subject);
      if (!Array.isArray(servers) || !servers.length || !servers.every(isServerUrl))
        unmet('authorization_servers must be a list of URLs, with one at least', { details: { servers } });
      return { servers };
    },
  },
  {
    id: 'server-auth-prm-resource',
    name: 'MetadataIsOfThisServer',
    level: 'MUST',
    description: 'The resource of the metadata is this server: a client must not use the document otherwise',
    specReferences: [rfc(9728, '3.3'), MCP.audience],
    async run(subject) {
      const { resource } = await metadataDocument(subject);
      if (resource !== subject.resource) unmet(`the metadata is of ${resource}, not of ${subject.resource}`);
      return { resource };
    },
  },
  {
    id: 'server-auth-prm-well-known',
    name: 'MetadataAtWellKnownUrl',
    level: 'SHOULD',
    description: 'The metadata is at a well-known URL too, for clients that have no challenge yet',
    specReferences: [MCP.discovery, rfc(9728, '3.1')],
    async run(subject) {
      await metadataDocument(subject);
      const { challenge, ...wellKnown } = await addresses(subject);
      const found = (await metadataOf(subject)).filter(
        ({ address, document }) => document && Object.values(wellKnown).includes(address),
      );
      if (!found.length) unmet(`the metadata is at ${challenge} alone`);
      return { found: found.map(({ address }) => address) };
    },
  },
  {
    id: 'server-auth-metadata-scopes',
    name: 'MetadataScopes',
    level: 'SHOULD',
    description: 'scopes_supported is a list, and does not have offline_access, which is no scope of a resource',
    specReferences: [MCP.refreshTokens, MCP.scopeSelection],
    async run(subject) {
      const { scopes_supported: scopes } = await metadataDocument(subject);
      if (scopes === undefined) return { scopes: null };
      if (!Array.isArray(scopes) || !scopes.every(scope => typeof scope === 'string'))
        unmet('scopes_supported must be a list of strings', { details: { scopes } });
      if (scopes.includes('offline_access')) unmet('scopes_supported has offline_access', { details: { scopes } });
      return { scopes };
    },
  },
  {
    id: 'server-auth-metadata-bearer-methods',
    name: 'MetadataBearerMethods',
    level: 'MUST',
    description: 'bearer_methods_supported, if it is there, allows the header and not the query',
    specReferences: [MCP.tokenRequirements, rfc(9728, '2')],
    async run(subject) {
      const { bearer_methods_supported: methods } = await metadataDocument(subject);
      if (
        methods !== undefined &&
        (!Array.isArray(methods) || !methods.includes('header') || methods.includes('query'))
      )
        unmet('it must have "header" and not "query"', { details: { methods } });
      return { methods: methods ?? null };
    },
  },
];
