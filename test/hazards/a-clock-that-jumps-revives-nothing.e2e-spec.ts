import { createHash, randomUUID } from 'node:crypto';
import { Controller, Get } from '@nestjs/common';
import { calculateJwkThumbprint, exportJWK, type JWK, SignJWT } from 'jose';
import { newKeyPair } from '../support/key-pair.js';
import { Authenticated, Delegated, type DelegatedFetch, Identity, IdentityRevocation, RequireScopes } from 'nestjs-eie';
import { startApp, type TestApp } from '../support/app.js';
import { ordersTarget, OrdersController } from '../support/orders.js';
import { type ReceiverApp, startReceiver } from '../support/receiver-app.js';
import { ORDERS, startWorld, type World } from '../support/world.js';

let isRunning: () => void;
let resume: () => void;

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me(@Identity('actor.sub') sub: string) {
    return sub;
  }

  @Get('orders')
  @RequireScopes('orders:read')
  async orders(@Delegated('orders_api') orders: DelegatedFetch) {
    await new Promise<void>(resolve => ((resume = resolve), isRunning()));
    return (await orders('/orders')).status;
  }
}

const HOUR = 3600;
const DAY = 24 * HOUR;

describe('a clock that jumps', () => {
  let world: World;
  let app: TestApp;
  let orders: ReceiverApp;
  /** Seconds since the epoch, at the server and at the service behind it. */
  let now: number;

  beforeEach(async () => {
    now = Math.floor(Date.now() / 1000);
    const clock = () => now * 1000;
    world = await startWorld();
    orders = await startReceiver(world, {
      service: 'orders_api',
      resource: ORDERS,
      controllers: [OrdersController],
      options: { ports: { clock } },
    });
    const targets = { orders_api: ordersTarget(world, `${orders.url}/api`) };
    app = await startApp(world, {
      controllers: [MeController],
      options: { ports: { clock }, targets, signing: { keys: world.sealing.keys } },
    });
  });
  afterEach(() => Promise.all([app, orders, world].map(one => one.close())));

  const token = (changes: Parameters<World['userToken']>[0] = {}) =>
    world.userToken({ issuedAt: now - 10, expiresIn: 300, ...changes });
  const get = async (bearer: string, path = '/me') =>
    (await fetch(app.url + path, { headers: { authorization: `Bearer ${bearer}` } })).status;
  const refused = (reason: string) =>
    expect(app.auditLog.events.at(-1)).toMatchObject({ type: 'admission.refused', reason, actor_sub: null });
  const purge = (sub: string) => app.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub });

  /** An execution that goes on when it is told to, with its delegated call. */
  async function run(bearer: string) {
    const running = new Promise<void>(resolve => (isRunning = resolve));
    const answer = get(bearer, '/me/orders');
    await running;
    return () => {
      resume();
      return answer;
    };
  }

  /** A token bound to a key, and calls that prove it by proofs of any time. */
  async function bound() {
    const { privateKey, publicKey } = newKeyPair();
    const jwk: JWK = await exportJWK(publicKey);
    const bearer = token({ expiresIn: DAY, claims: { cnf: { jkt: await calculateJwkThumbprint(jwk) } } });
    const prove = (iat = now) =>
      new SignJWT({
        htm: 'GET',
        htu: 'https://mcp.shop.test/me',
        jti: randomUUID(),
        ath: createHash('sha256').update(bearer).digest('base64url'),
      })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
        .setIssuedAt(iat)
        .sign(privateKey);
    const call = async (dpop: string) =>
      (await fetch(`${app.url}/me`, { headers: { authorization: `DPoP ${bearer}`, dpop } })).status;
    return { prove, call };
  }

  describe('ahead by an hour', () => {
    it('ends a token that was verified a moment before, until it is set right', async () => {
      const bearer = token();
      expect(await get(bearer)).toBe(200);
      now += HOUR;
      expect(await get(bearer)).toBe(401);
      refused('token_expired');
      now -= HOUR;
      expect(await get(bearer)).toBe(200);
    });

    it('ends an execution that is running: it can call nobody any more', async () => {
      const goOn = await run(token({ expiresIn: DAY }));
      now += HOUR;
      expect(await goOn()).toBe(401);
      expect(app.auditLog.last('delegation.refused').reason).toBe('identity_expired');
      expect(orders.received).toEqual([]);
    });

    it('ends what it sealed for others', async () => {
      expect(await (await run(token()))()).toBe(200);
      const { authorization, 'txn-token': txn } = orders.received.at(-1) as Record<string, string>;
      const present = async () =>
        (await fetch(`${orders.url}/api/orders`, { headers: { authorization: authorization!, 'txn-token': txn! } }))
          .status;
      for (const jump of [HOUR, -HOUR]) {
        now += jump;
        expect(await present()).toBe(401);
        now -= jump;
      }
    });

    it('keeps a used proof used when it is set right, though others came meanwhile', async () => {
      const { prove, call } = await bound();
      const used = await prove();
      expect(await call(used)).toBe(200);
      now += HOUR;
      expect(await call(await prove())).toBe(200);
      now -= HOUR;
      expect(await call(used)).toBe(401);
      refused('proof_replayed');
      expect(await call(await prove(now + 1))).toBe(200);
    });

    it('keeps a revoked identity revoked when it is set right, though it was a day ahead and others were revoked', async () => {
      const bearer = token({ expiresIn: DAY });
      await purge('alice');
      now += DAY + HOUR;
      await purge('bob');
      now -= DAY + HOUR;
      expect(await get(bearer)).toBe(401);
      refused('identity_revoked');
    });
  });

  describe('back by an hour', () => {
    it('ends a token that was verified a moment before: it is of the future now', async () => {
      const bearer = token({ issuedAt: now });
      expect(await get(bearer)).toBe(200);
      now -= HOUR;
      expect(await get(bearer)).toBe(401);
      refused('token_not_yet_valid');
      now += HOUR;
      expect(await get(bearer)).toBe(200);
    });

    it('lets a revocation count for every token that was seen before it, and for no later one', async () => {
      const bearer = token({ issuedAt: now });
      expect(await get(bearer)).toBe(200);
      now -= HOUR;
      await purge('alice');
      now += HOUR;
      expect(await get(bearer)).toBe(401);
      refused('identity_revoked');
      now += 1;
      expect(await get(token({ issuedAt: now }))).toBe(200);
    });

    it('lets a revocation count for an execution that is running', async () => {
      const goOn = await run(token({ expiresIn: DAY }));
      now -= HOUR;
      await purge('alice');
      expect(await goOn()).toBe(401);
      expect(app.auditLog.last('delegation.refused').reason).toBe('identity_revoked');
      expect(orders.received).toEqual([]);
    });
  });

  describe('back by seconds, as time synchronisation does,', () => {
    it('lets a token live for the seconds that come again, and not one longer', async () => {
      const bearer = token({ issuedAt: now, expiresIn: 10 });
      now += 10;
      expect(await get(bearer)).toBe(401);
      now -= 5;
      for (const status of [200, 200, 200, 200, 200, 401]) {
        expect(await get(bearer)).toBe(status);
        now += 1;
      }
      refused('token_expired');
    });

    it('takes a token of a moment ago while it is less than 30 seconds ahead', async () => {
      const bearer = token({ issuedAt: now });
      expect(await get(bearer)).toBe(200);
      now -= 30;
      expect(await get(bearer)).toBe(200);
      now -= 1;
      expect(await get(bearer)).toBe(401);
      refused('token_not_yet_valid');
    });

    it('keeps a used proof used, though it had expired and was dropped', async () => {
      const { prove, call } = await bound();
      const used = await prove();
      expect(await call(used)).toBe(200);
      now += 61;
      expect(await call(await prove())).toBe(200);
      now -= 5;
      expect(await call(used)).toBe(401);
      refused('proof_replayed');
      expect(await call(await prove())).toBe(200);
    });
  });
});
