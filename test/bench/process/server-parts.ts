import {
  type AdmittedIdentity,
  type IssuerPolicy,
  issuerPolicy,
  staticKeys,
  verifyAccessToken,
} from 'execution-identity';
import { admit } from 'execution-identity/internal/admit';
import { issue } from 'execution-identity/internal/issue';
import { EnvelopeSealer, KeyRing } from 'execution-identity/internal/seal';
import { ISSUER, type PublicKeys, RESOURCE } from '../load/tokens.js';

export const ORDERS = 'orders_api';
export const TRUST_DOMAIN = 'mcp.bench.test';
/** This server at its issuer. */
export const CLIENT = 'bench-server';
/** Seconds. */
const LIFETIME = 300;

export const ORDERS_TARGET = {
  name: ORDERS,
  mode: 'on_behalf_of' as const,
  scopes: ['orders:read', 'orders:write'],
  onward: {},
};

export const policyOf = ({ jwk }: Pick<PublicKeys, 'jwk'>, audience = RESOURCE): IssuerPolicy =>
  issuerPolicy({
    issuer: ISSUER,
    keys: staticKeys({ keys: [jwk] }),
    algorithms: ['RS256'],
    audience: [audience],
    user: { claim: 'auth_time' },
    agents: new Map([['assistant', { id: 'agent-assistant' }]]),
  });

/** The server of this benchmark, as its parts: how much each of them takes is the subject of the stages. */
export async function serverOf(keys: PublicKeys) {
  const policy = policyOf(keys);
  const issuers = new Map([[ISSUER, policy]]);
  const now = Math.floor(Date.now() / 1000);
  const ring = await KeyRing.ephemeral();
  return {
    policy,
    issuers,
    now,
    ring,
    sealer: new EnvelopeSealer(ring, TRUST_DOMAIN),
    identityOf: async (compact: string) => admit(await verifyAccessToken(compact, issuers), policy),
    envelopeOf: (identity: AdmittedIdentity) =>
      issue(identity, { issuer: RESOURCE, traceId: TRACE_ID, targets: [ORDERS_TARGET], lifetime: LIFETIME, now }),
  };
}

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
