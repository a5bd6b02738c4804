import { type KeyObject } from 'node:crypto';
import { Controller, Get } from '@nestjs/common';
import { exportJWK, type JWK, SignJWT } from 'jose';
import { newKeyPair } from '../support/key-pair.js';
import { Authenticated } from 'nestjs-eie';
import { startApp, type TestApp } from '../support/app.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { MCP, startWorld, type World } from '../support/world.js';

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me() {
    return 'me';
  }
}

interface Key {
  kid: string;
  jwk: JWK;
  key: KeyObject;
}

async function newKey(kid: string): Promise<Key> {
  const { privateKey, publicKey } = newKeyPair();
  return { kid, key: privateKey, jwk: { ...(await exportJWK(publicKey)), kid } };
}

describe('an issuer that rotates its keys under load', () => {
  let world: World;
  let issuer: Loopback;
  let app: TestApp;
  let now: number;
  let published: Key[];
  let answer: ((end: (body: string) => void) => void) | undefined;

  beforeEach(async () => {
    now = Date.now();
    answer = undefined;
    published = [await newKey('k-0')];
    world = await startWorld();
    issuer = await startLoopback((_request, response) => {
      const end = (body: string): void => void response.end(body);
      if (answer) answer(end);
      else end(JSON.stringify({ keys: published.map(({ jwk }) => jwk) }));
    });
    const actorType = { user: { claim: 'sub_profile', values: ['user'] } };
    const issuers = [
      { issuer: 'https://login.shop.test', jwksUri: `${issuer.url}/jwks`, algorithms: ['ES256' as const], actorType },
    ];
    app = await startApp(world, {
      adapter: 'fastify',
      controllers: [MeController],
      options: { issuers, ports: { clock: () => now } },
    });
  });
  afterEach(async () => {
    await app?.close();
    await issuer?.close();
    await world?.close();
  });

  const token = ({ key, kid }: Key) =>
    new SignJWT({ iss: 'https://login.shop.test', aud: MCP, sub: 'alice', client_id: 'app', sub_profile: 'user' })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
      .setIssuedAt(Math.floor(now / 1000) - 1)
      .setExpirationTime(Math.floor(now / 1000) + 7200)
      .sign(key);
  const call = async (bearer: string) =>
    (await fetch(`${app.url}/me`, { headers: { authorization: `Bearer ${bearer}` } })).status;

  it('loses no valid token over twenty rotations, and has none of a retired key accepted after its window', async () => {
    const retired: string[] = [];
    for (let turn = 1; turn <= 20; turn++) {
      const current = published.at(-1)!;
      const next = await newKey(`k-${turn}`);
      published = [current, next];
      now += 500_000;
      const bearers = await Promise.all(Array.from({ length: 25 }, () => token(current)));
      expect(new Set(await Promise.all(bearers.map(call)))).toEqual(new Set([200]));
      // Whoever has a key that is not known yet waits for the fetch that these calls began.
      expect(await call(await token(next))).toBe(200);
      retired.push(bearers[0]!);
      published = [next];
      now += 601_000;
      expect(await call(await token(next))).toBe(200);
      for (const old of retired) expect(await call(old)).toBe(401);
    }
  });

  it('ends what is remembered of a token with its key', async () => {
    const bearer = await token(published[0]!);
    expect(await call(bearer)).toBe(200);
    published = [await newKey('other')];
    now += 31_000;
    expect(await call(await token(published[0]!))).toBe(200);
    expect(await call(bearer)).toBe(401);
  });

  it('has its new key believed as soon as it can be reached, though it could not when that key was first used', async () => {
    expect(await call(await token(published[0]!))).toBe(200);
    const next = await newKey('next');
    published = [published[0]!, next];
    answer = end => end('<html>');
    expect(await call(await token(next))).toBe(401);
    answer = undefined;
    now += 1_000;
    expect(await call(await token(next))).toBe(200);
  });

  it('has its new key believed half a minute after one of its servers did not publish it yet', async () => {
    const [current, next] = [published[0]!, await newKey('next')];
    expect(await call(await token(current))).toBe(200);
    expect(await call(await token(next))).toBe(401);
    published = [current, next];
    const fetched = issuer.requests.length;
    now += 29_000;
    expect(await call(await token(next))).toBe(401);
    expect(issuer.requests).toHaveLength(fetched);
    now += 2_000;
    expect(await call(await token(next))).toBe(200);
    expect(await call(await token(current))).toBe(200);
  });

  it.each<[string, (end: (body: string) => void) => void]>([
    ['serves 5 MB', end => end(JSON.stringify({ keys: [], padding: 'x'.repeat(5_000_000) }))],
    ['answers too slowly', end => void setTimeout(end, 4_000, '{}').unref()],
    ['serves an empty set', end => end('{"keys":[]}')],
  ])('goes on being believed by the keys it had while it %s', async (_what, set) => {
    const bearer = await token(published[0]!);
    expect(await call(bearer)).toBe(200);
    answer = set;
    now += 700_000;
    expect(await call(bearer)).toBe(200);
    expect(await call(await token(published[0]!))).toBe(200);
  });
});
