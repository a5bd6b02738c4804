import { type ReceiverPolicy, staticKeys, verifyAccessToken, verifyDelegatedCall } from 'execution-identity';
import { sealEnvelope } from 'execution-identity/internal/seal';
import { createPublicKey } from 'node:crypto';
import { jwtVerify } from 'jose';
import { inTurn, ISSUER, RESOURCE } from '../load/tokens.js';
import { CLIENT, ORDERS, ORDERS_TARGET, policyOf, serverOf, TRUST_DOMAIN } from './server-parts.js';
import { contendersOf, type Prepared, type Setting } from './operation.js';
import { targetIssuer } from './target-issuer.js';

export const ONE_CREDENTIAL = 'verifyAccessToken, the access token alone';
export const ONE_CREDENTIAL_TWIN = 'verifyAccessToken, the access token alone, once more';
export const JOSE_ONE = 'jose.jwtVerify, KeyObject, the access token alone';
export const BOTH_CREDENTIALS = 'verifyDelegatedCall, the access token and the Txn-Token';

const CALLERS = 200;
const AUDIENCE = 'https://orders.bench.test';

/** What an API does with a call on behalf of a user: a token that has been exchanged, and the envelope beside it. */
export async function receiver({ keys, tokens, ms }: Setting): Promise<Prepared> {
  const { identityOf, envelopeOf, ring, sealer, now } = await serverOf(keys);
  const issuer = targetIssuer();
  const calls = await Promise.all(
    tokens.slice(0, CALLERS).map(async inbound => ({
      token: issuer.exchanged(inbound, { resource: AUDIENCE, scope: 'orders:read', lifetime: 7200 }, CLIENT),
      sealed: await sealEnvelope(sealer, envelopeOf(await identityOf(inbound)), ORDERS_TARGET, now),
    })),
  );
  const issuers = new Map([[ISSUER, policyOf(issuer, AUDIENCE)]]);
  const policy: ReceiverPolicy = {
    service: ORDERS,
    issuers,
    trust: {
      trustDomain: TRUST_DOMAIN,
      issuers: new Map([[RESOURCE, staticKeys(ring.jwks as Parameters<typeof staticKeys>[0])]]),
    },
    presenters: [{ workload: RESOURCE, issuer: ISSUER, clientId: CLIENT }],
  };
  const key = createPublicKey({ key: { ...issuer.jwk }, format: 'jwk' });
  const expected = { issuer: ISSUER, audience: AUDIENCE, algorithms: ['RS256'] };
  const next = inTurn(calls);
  const one = () => verifyAccessToken(next().token, issuers);
  const both = inTurn(
    calls.map(({ token, sealed: { header, jws } }) => [
      ...['Host', '127.0.0.1', 'Accept', '*/*'],
      ...['Authorization', `Bearer ${token}`, header, jws],
    ]),
  );
  return {
    contenders: contendersOf(ms, [
      { name: ONE_CREDENTIAL, run: one },
      { name: ONE_CREDENTIAL_TWIN, run: one },
      { name: JOSE_ONE, run: () => jwtVerify(next().token, key, expected) },
      // By the clock of the seal: a Txn-Token lives a minute, and this benchmark longer.
      { name: BOTH_CREDENTIALS, run: () => verifyDelegatedCall(both(), policy, now) },
    ]),
    close: async () => {},
  };
}
