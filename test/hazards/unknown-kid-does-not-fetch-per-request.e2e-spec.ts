import { claimsOf, type DoorApp, refusal, startDoor } from '../support/door.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { startWorld, type World } from '../support/world.js';

let world: World;
let door: DoorApp;
let keys: Loopback;
let down = false;
let now = Date.now();

describe('a key that the issuer does not have', () => {
  beforeAll(async () => {
    world = await startWorld();
    const published = await (await fetch(world.jwksUri)).text();
    keys = await startLoopback((_request, response) => void (down ? response.writeHead(500) : response).end(published));
  });
  afterAll(() => Promise.all([world.close(), keys.close()]));

  beforeEach(async () => {
    down = false;
    now = Date.now();
    door = await startDoor(world, {
      options: { issuers: [world.issuerOptions({ jwksUri: `${keys.url}/jwks` })], ports: { clock: () => now } },
    });
    expect(await door.knock(world.userToken())).toMatchObject({ status: 200 });
    keys.requests.length = 0;
  });
  afterEach(() => door.close());

  const flood = () =>
    Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        door.knock(world.sign(claimsOf(world.userToken()), { typ: 'at+jwt', kid: `unknown-${i}` })),
      ),
    );

  describe('a flood of tokens with unknown key ids', () => {
    it('causes three fetches at most, however many there are, and one in thirty seconds after that', async () => {
      for (const { status } of [...(await flood()), ...(await flood()), ...(await flood())]) expect(status).toBe(401);
      expect(keys.requests.length).toBeLessThanOrEqual(3);
      now += 31_000;
      for (let i = 0; i < 3; i++) await flood();
      expect(keys.requests.length).toBeGreaterThan(0);
      expect(keys.requests.length).toBeLessThanOrEqual(4);
    });

    it('while the issuer is down causes one fetch too, and good tokens pass', async () => {
      down = true;
      now += 31_000;
      for (const { status } of [...(await flood()), ...(await flood())]) expect(status).toBe(401);
      expect(keys.requests).toHaveLength(1);
      expect(await door.knock(world.userToken())).toMatchObject({ status: 200 });
    });

    it('a kid does not choose where keys are fetched', async () => {
      now += 31_000;
      const elsewhere = await startLoopback();
      expect(
        await door.knock(world.sign(claimsOf(world.userToken()), { typ: 'at+jwt', kid: `${elsewhere.url}/jwks` })),
      ).toMatchObject({ ...refusal('key_unknown'), records: expect.any(Array) });
      expect(keys.requests.map(({ url }) => url)).toEqual(['/jwks']);
      expect(elsewhere.requests).toEqual([]);
      await elsewhere.close();
    });
  });
});
