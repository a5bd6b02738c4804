import { described, type Described, kindOf, plainUrl, sorted } from '../../configuration/facts/described.js';
import { InboundIssuer } from '../../options/inbound-issuer.js';
import { type TargetOptions, type TenantTargetOptions } from '../../options/target.options.js';
import { isExternal } from './configured-target.js';
import { type Target } from './target.js';

/** How a target is called, as a reviewer reads it. No credential is in it. */
export interface TargetFacts {
  readonly name: string;
  readonly [member: string]: Described;
}

/** @param target the same as it was built, with the defaults */
export function targetFacts(options: TargetOptions, target: Target): TargetFacts {
  const { scopes = [], tenants = {} } = options;
  return {
    name: target.name,
    mode: target.mode,
    reason: options.reason ?? null,
    baseUrl: plainUrl(options.baseUrl),
    issuer: issuerOf(options.issuer),
    client: options.client ? { clientId: options.client.clientId, method: options.client.auth.method } : null,
    credential: options.credential
      ? { kind: kindOf(options.credential), headers: sorted(target.ownHeaders ?? []) }
      : null,
    resource: options.resource ?? null,
    audience: options.credential ? null : target.audience,
    scopes: Array.isArray(scopes) ? sorted(scopes) : described(scopes),
    actEvidence: target.actEvidence,
    onward: described(target.onward),
    external: isExternal(options),
    singleUse: target.singleUse ?? false,
    carriesApproval: target.carriesApproval ?? false,
    timeout: target.timeout,
    tenants: Object.fromEntries(Object.entries(tenants).map(([tenant, changes]) => [tenant, tenantFacts(changes)])),
  };
}

const tenantFacts = ({ baseUrl, issuer, resource, audience, client }: TenantTargetOptions): Described => ({
  baseUrl: baseUrl === undefined ? null : plainUrl(baseUrl),
  issuer: issuerOf(issuer),
  resource: resource ?? null,
  audience: audience ?? null,
  clientId: client?.clientId ?? null,
});

function issuerOf(issuer: TargetOptions['issuer']): Described {
  if (!InboundIssuer.isInbound(issuer)) return issuer ?? null;
  return { inbound: sorted(InboundIssuer.providersOf(issuer)) };
}
