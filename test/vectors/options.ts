import { type IssuerOptions } from 'nestjs-eie';
import { type EieReceiverOptions } from 'nestjs-eie/receiver';
// @ts-expect-error -- plain JavaScript, which node runs as it is
import { claimMatch } from './run.mjs';

/** The options of an issuer on Nest, from the policy of a file. */
export function issuerOptionsOf({
  tolerated_audiences,
  max_lifetime,
  access_token_claim,
  claims: { client_id: clientId, ...claims } = {} as any,
  tenants,
  user,
  service,
  ...rest
}: any): IssuerOptions {
  return {
    ...rest,
    toleratedAudiences: tolerated_audiences,
    maxLifetime: max_lifetime,
    accessTokenClaim: access_token_claim,
    claims: { ...claims, ...(clientId && { clientId }) },
    actorType: { user: claimMatch(user), ...(service && { service: claimMatch(service) }) },
    ...(tenants.length && { tenants }),
  };
}

/** The options of a receiver on Nest, from the policy of a file. */
export function receiverOptionsOf({
  now,
  policy: { service, trust_domain, sealers, issuers, presenters, single_use },
}: any): EieReceiverOptions {
  return {
    service,
    resource: issuers[0].audience[0],
    ports: { clock: () => now * 1000 },
    trust: {
      trustDomain: trust_domain,
      issuers: sealers.map((sealer: any) => ({
        ...sealer,
        presenters: presenters
          .filter(({ workload }: any) => workload === sealer.issuer)
          .map(({ client_id: clientId, workload: _sealer, ...presenter }: any) => ({ ...presenter, clientId })),
      })),
      singleUse: single_use,
    },
    issuers: issuers.map(issuerOptionsOf),
  };
}
