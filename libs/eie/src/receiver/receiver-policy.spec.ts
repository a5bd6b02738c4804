import { MemoryReplayStore } from 'execution-identity';
import { receiverPolicy } from './receiver-policy.js';

const SEALER = 'https://mcp.test/mcp';
/** RFC 7515, appendix A.3. */
const jwk = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  kid: 'k',
};
const issuer = {
  issuer: 'https://as.test',
  jwksUri: 'https://as.test/jwks',
  algorithms: ['ES256' as const],
  actorType: { user: { claim: 'sub_profile' } },
};
const HOUR = 3_600;

describe('the keys of a sealing server that cannot be reached', () => {
  it('are believed for as long as the operator of the receiver says', async () => {
    let [now, isUp] = [1_000_000, true];
    const policy = receiverPolicy(
      {
        service: 'orders_api',
        resource: 'https://orders.test',
        issuers: [issuer],
        trust: {
          trustDomain: 'shop.test',
          issuers: [{ issuer: SEALER, jwksUri: 'https://mcp.test/jwks', maxKeyAge: HOUR, presenters: [] }],
        },
        ports: {
          clock: () => now * 1000,
          fetch: () => (isUp ? Promise.resolve(Response.json({ keys: [jwk] })) : Promise.reject(new Error('down'))),
        },
      },
      { replays: new MemoryReplayStore(1), diagnostics: { report: () => undefined } },
    );
    const find = () => policy.trust.issuers.get(SEALER)!.find({ alg: 'ES256', kid: 'k' });
    await expect(find()).resolves.toBeDefined();
    isUp = false;
    now += HOUR;
    await expect(find()).resolves.toBeDefined();
    now += 1;
    await expect(find()).rejects.toMatchObject({ code: 'issuer_unavailable' });
  });
});
