import { issuerPolicy, remoteKeys } from 'execution-identity';

const { ISSUER, ISSUER_KEYS, RESOURCE, TRUST_DOMAIN, SEALER, SEALER_KEYS, SEALER_CLIENT } = process.env;

/** What this service believes: whose access tokens, whose Txn-Tokens, and which client may present them. */
export const policy = {
  service: 'orders_api',
  issuers: new Map([
    [
      ISSUER,
      issuerPolicy({
        issuer: ISSUER,
        keys: remoteKeys(ISSUER_KEYS),
        algorithms: ['ES256'],
        audience: [RESOURCE],
        tenants: ['acme'],
        user: { claim: 'sub_profile', values: ['user'] },
      }),
    ],
  ]),
  trust: { trustDomain: TRUST_DOMAIN, issuers: new Map([[SEALER, remoteKeys(SEALER_KEYS)]]) },
  presenters: [{ workload: SEALER, issuer: ISSUER, clientId: SEALER_CLIENT }],
};
