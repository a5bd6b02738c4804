import { type ServerResponse } from 'node:http';
import { ADAPTERS } from '../support/app.js';
import { claimsOf, type DoorApp, refusal, startDoor } from '../support/door.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { startWorld, type World } from '../support/world.js';

const UNAVAILABLE = {
  status: 503,
  body: '{"statusCode":503,"message":"Service Unavailable"}',
  challenge: undefined,
  opened: false,
  records: [
    expect.objectContaining({
      type: 'admission.refused',
      reason: 'issuer_unavailable',
      actor_sub: null,
      outcome: 'refused',
    }),
  ],
};

const ANSWERS: Record<string, (response: ServerResponse) => void> = {
  'refuses the connection': response => void response.socket!.destroy(),
  'answers 500': response => void response.writeHead(500).end('{}'),
  'answers something else than JSON': response => void response.end('<html>'),
  'answers no keys': response => void response.end('{"keys":[]}'),
  'answers a list': response => void response.end('[]'),
  'answers null': response => void response.end('null'),
  'answers a symmetric key only': response => void response.end('{"keys":[{"kty":"oct","k":"AAAA"}]}'),
  'sends us elsewhere': response => void response.writeHead(302, { location: '/elsewhere' }).end(),
};

describe.each(ADAPTERS)('on %s', adapter => {
  let world: World;
  let door: DoorApp | undefined;
  let keys: Loopback;
  /** What the place of the keys does; the keys themselves where it is undefined. */
  let failure: ((response: ServerResponse) => void) | undefined;
  let now: number;

  beforeAll(async () => {
    world = await startWorld();
    const published = await (await fetch(world.jwksUri)).text();
    keys = await startLoopback((_request, response) => (failure ? failure(response) : void response.end(published)));
  });
  afterAll(() => Promise.all([world.close(), keys.close()]));

  beforeEach(async () => {
    failure = undefined;
    keys.requests.length = 0;
    now = Date.now();
    door = await startDoor(world, {
      adapter,
      options: { issuers: [world.issuerOptions({ jwksUri: `${keys.url}/jwks` })], ports: { clock: () => now } },
    });
  });
  afterEach(() => door!.close());

  it.each(Object.keys(ANSWERS))(
    'a genuine token gets 503, and no challenge to log in again, when the place of the keys %s',
    async name => {
      failure = ANSWERS[name];
      expect(await door!.knock(world.userToken())).toEqual(UNAVAILABLE);
      expect(await door!.knockAtMcp(world.userToken())).toEqual(UNAVAILABLE);
      failure = undefined;
      now += 1_000;
      expect(await door!.knock(world.userToken())).toMatchObject({ status: 200, opened: true });
    },
  );

  it('tokens go on being verified by the keys that are known, however long the outage is', async () => {
    expect(await door!.knock(world.userToken())).toMatchObject({ status: 200 });
    failure = ANSWERS['answers 500'];
    for (let hours = 0; hours < 3; hours++) {
      now += 3_600_000;
      expect(await door!.knock(world.userToken({ issuedAt: Math.floor(now / 1000) }))).toMatchObject({ status: 200 });
    }
  });

  it('a token that no key could save is refused without asking for keys', async () => {
    failure = ANSWERS['refuses the connection'];
    expect(await door!.knock(world.sign(claimsOf(world.userToken()), { alg: 'none', typ: 'at+jwt' }))).toEqual(
      refusal('algorithm_refused'),
    );
    expect(await door!.knock(world.mintIdToken({ sub: 'alice', clientId: 'desk-copilot' }))).toEqual(
      refusal('token_type_refused'),
    );
    expect(keys.requests).toEqual([]);
  });
});
