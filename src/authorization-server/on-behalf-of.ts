import { actorChain } from './actors.js';
import { words } from './claims.js';
import { errors, type TokenEndpointGrantContext } from './oidc-provider.js';
import type { Registry, Resource } from './registry.js';
import { confidentialClient, type GrantType, narrowedScopes, reissue, type ReissueParts } from './reissue.js';
import { readSubjectToken, type Subject } from './subject-token.js';

export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

const PARAMETERS = ['assertion', 'requested_token_use', 'scope'];
/** What stands in the place of a scope for: every scope of the resource that the user's token has. */
const EVERY_SCOPE = '.default';

interface Parameters {
  assertion?: string;
  requested_token_use?: string;
  scope?: string;
}
type Context = TokenEndpointGrantContext<Parameters>;

/**
 * The on-behalf-of grant in the shape of Entra ID: a user's token becomes one for another resource, which the requested
 * scopes name (`<resource>/<scope>`). The new token does not say that this client acts; actors that were in the token
 * before stay in it.
 */
export function onBehalfOf(parts: ReissueParts): GrantType<Parameters> {
  return [JWT_BEARER, ctx => exchange(ctx, parts), PARAMETERS, []];
}

async function exchange(ctx: Context, parts: ReissueParts): Promise<void> {
  const { registry, tokens } = parts;
  const { assertion, requested_token_use, scope } = ctx.oidc.params;
  if (requested_token_use !== 'on_behalf_of' || !assertion || !scope) {
    throw new errors.InvalidRequest('assertion, scope and requested_token_use=on_behalf_of are required');
  }
  const clientId = confidentialClient(ctx);
  const { subject, act } = await asserted(assertion, clientId, parts);
  const { target, requested } = wanted(scope, registry);
  if (!registry.exchangeMode(clientId, target.identifier)) throw noSuchScope(scope);
  const scopes = narrowedScopes(requested, subject, target);

  const claims = registry.account(subject.sub)?.stepUp;
  if (claims !== undefined) {
    // An error of oidc-provider has no room for a member of its own.
    ctx.status = 400;
    ctx.body = { error: 'interaction_required', claims };
    return;
  }
  ctx.body = {
    ...reissue({ subject, target, scopes, act, clientId }, tokens),
    token_type: 'Bearer',
    scope: scopes.map(one => `${target.identifier}/${one}`).join(' '),
  };
}

/** What is wrong with an assertion is wrong with the grant (RFC 7521, section 4.1.1). */
async function asserted(assertion: string, clientId: string, parts: ReissueParts) {
  try {
    const subject: Subject = await readSubjectToken(assertion, clientId, parts);
    return { subject, act: actorChain(subject.act) };
  } catch (error) {
    throw error instanceof errors.InvalidRequest ? new errors.InvalidGrant(error.error_description) : error;
  }
}

/** The one resource that all scopes name, and which of its scopes: none for all. */
function wanted(scope: string, registry: Registry): { target: Resource; requested: string[] } {
  const named = words(scope).map(one => {
    const at = one.lastIndexOf('/');
    return { resource: one.slice(0, Math.max(at, 0)), name: one.slice(at + 1) };
  });
  const [first] = named;
  const target = first && registry.resource(first.resource);
  const names = named.map(({ name }) => name);
  const mixed = names.includes(EVERY_SCOPE) && names.length > 1;
  if (!target || mixed || named.some(({ resource }) => resource !== first.resource)) throw noSuchScope(scope);
  return { target, requested: names[0] === EVERY_SCOPE ? [] : names };
}

const noSuchScope = (scope: string) => new errors.InvalidScope('must be scopes of one allowed resource', scope);
