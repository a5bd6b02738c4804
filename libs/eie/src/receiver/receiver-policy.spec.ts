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

describe('a sealing server that has a new key each time it is started', () => {
  const environment = process.env.NODE_ENV;
  afterEach(() => void (process.env.NODE_ENV = environment));

  it.each([
    ['development', 1],
    ['production', 30],
  ])('is believed in %s %i seconds after its last of many restarts', async (name, seconds) => {
    process.env.NODE_ENV = name;
    let [now, kid, fetches] = [1_000_000, 'k-0', 0];
    const policy = receiverPolicy(
      {
        service: 'orders_api',
        resource: 'https://orders.test',
        issuers: [issuer],
        trust: {
          trustDomain: 'shop.test',
          issuers: [{ issuer: SEALER, jwksUri: 'https://mcp.test/jwks', presenters: [] }],
        },
        ports: {
          clock: () => now * 1000,
          fetch: () => (fetches++, Promise.resolve(Response.json({ keys: [{ ...jwk, kid }] }))),
        },
      },
      { replays: new MemoryReplayStore(1), diagnostics: { report: () => undefined } },
    );
    const find = (wanted = kid) => policy.trust.issuers.get(SEALER)!.find({ alg: 'ES256', kid: wanted });
    for (kid of ['k-0', 'k-1', 'k-2', 'k-3']) await expect(find()).resolves.toBeDefined();
    kid = 'k-4';
    await expect(find()).rejects.toMatchObject({ code: 'key_unknown' });
    now += seconds - 0.5;
    await expect(find()).rejects.toMatchObject({ code: 'key_unknown' });
    now += 0.5;
    await expect(find()).resolves.toBeDefined();
    // A flood of made-up tokens causes no more fetches than this.
    for (let i = 0; i < 100; i++) await find(`made-up-${i}`).catch(() => undefined);
    expect(fetches).toBe(5);
  });
});
