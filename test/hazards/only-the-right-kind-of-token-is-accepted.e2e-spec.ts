import { createPrivateKey, randomUUID, sign } from 'node:crypto';
import { Controller, Get } from '@nestjs/common';
import { Authenticated, Delegated, type DelegatedFetch, Identity, RequireScopes } from 'nestjs-eie';
import { ADAPTERS, type RecordingLog, startApp, type TestApp } from '../support/app.js';
import { base64url, claimsOf } from '../support/door.js';
import { OrdersController, ordersTarget } from '../support/orders.js';
import { type ReceiverApp, startReceiver } from '../support/receiver-app.js';
import { ORDERS, SERVER_CLIENT, startWorld, type World } from '../support/world.js';

/** What each kind of token is called in its header, and in a claim of issuers that say it there. */
const KINDS = {
  'access token': { typ: 'at+jwt', claim: 'Bearer' },
  'ID token': { typ: undefined, claim: 'ID' },
  'Txn-Token': { typ: 'txntoken+jwt', claim: 'Txn' },
  'logout token': { typ: 'logout+jwt', claim: 'Logout' },
} as const;
type Kind = keyof typeof KINDS;

/** Where a token is looked for, and the only kind that belongs there. */
const SLOTS = {
  'by a boundary as the bearer': 'access token',
  'by a boundary whose issuer types no header': 'access token',
  'by a receiver as the bearer': 'access token',
  'by a receiver as the Txn-Token': 'Txn-Token',
} as const;
type Slot = keyof typeof SLOTS;

const CASES = (Object.keys(SLOTS) as Slot[]).flatMap(slot =>
  (Object.keys(KINDS) as Kind[]).map((kind): [Kind, Slot] => [kind, slot]),
);
const isRight = ([kind, slot]: [Kind, Slot]) => SLOTS[slot] === kind;

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me(@Identity('actor.sub') sub: string) {
    return { sub };
  }

  @Get('orders')
  @RequireScopes('orders:read')
  async orders(@Delegated('orders_api') orders: DelegatedFetch) {
    return (await orders('/orders')).json();
  }
}

describe.each(ADAPTERS)('on %s', adapter => {
  let world: World;
  let boundary: TestApp;
  let untyped: TestApp;
  let receiver: ReceiverApp;
  /** The credentials of a genuine delegated call. */
  let pair: { access: string; txn: string };

  beforeAll(async () => {
    world = await startWorld();
    receiver = await startReceiver(world, {
      adapter,
      service: 'orders_api',
      resource: ORDERS,
      controllers: [OrdersController],
    });
    const targets = { orders_api: ordersTarget(world, `${receiver.url}/api`) };
    boundary = await startApp(world, {
      adapter,
      controllers: [MeController],
      options: { targets, signing: { keys: world.sealing.keys } },
    });
    const accessTokenClaim = { claim: 'typ', values: ['Bearer'] };
    untyped = await startApp(world, {
      adapter,
      controllers: [MeController],
      options: { targets, issuers: [world.issuerOptions({ accessTokenClaim })] },
    });
    await fetch(`${boundary.url}/me/orders`, { headers: { authorization: `Bearer ${world.userToken()}` } });
    const { authorization, 'txn-token': txn } = receiver.received.at(-1) as Record<string, string>;
    pair = { access: authorization!.slice('Bearer '.length), txn: txn! };
  });
  afterAll(() => Promise.all([boundary, untyped, receiver, world].map(one => one.close())));

  /** Signed by the key of the sealing server, whatever it says. */
  function sealed(claims: object, header: object): string {
    const input = `${base64url({ alg: 'ES256', kid: 'seal-1', ...header })}.${base64url(claims)}`;
    const key = createPrivateKey({ key: world.sealing.keys[0] as never, format: 'jwk' });
    return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  }

  /** As its issuer makes it, for its own purpose: OpenID Connect Back-Channel Logout 1.0 §2.4 for the logout token. */
  function genuine(kind: Kind, slot: Slot): string {
    const now = Math.floor(Date.now() / 1000);
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    switch (kind) {
      case 'access token':
        return slot.startsWith('by a boundary') ? world.userToken() : pair.access;
      case 'ID token':
        return world.mintIdToken({ sub: 'alice', clientId: SERVER_CLIENT });
      case 'Txn-Token':
        return pair.txn;
      case 'logout token':
        return world.sign(
          { iss: world.issuer, sub: 'alice', aud: SERVER_CLIENT, iat: now, exp: now + 120, jti: randomUUID(), events },
          { typ: 'logout+jwt' },
        );
    }
  }

  /** With every claim that is wanted there, signed by a key that is believed there: nothing but its kind is wrong. */
  function disguised(kind: Kind, slot: Slot): string {
    const { typ, claim } = KINDS[kind];
    switch (slot) {
      case 'by a boundary as the bearer':
        return world.sign(claimsOf(world.userToken()), { typ });
      case 'by a boundary whose issuer types no header':
        // What has no type of its own can only be told by the claim, and what has one says enough by it.
        return world.sign(
          { ...claimsOf(world.userToken()), typ: kind === 'ID token' ? claim : 'Bearer' },
          { typ: kind === 'access token' ? 'JWT' : typ },
        );
      case 'by a receiver as the bearer':
        return world.sign(claimsOf(pair.access), { typ });
      case 'by a receiver as the Txn-Token':
        return sealed(claimsOf(pair.txn), { typ });
    }
  }

  async function present(token: string, slot: Slot) {
    const atReceiver = slot.startsWith('by a receiver');
    const asTxnToken = slot === 'by a receiver as the Txn-Token';
    const app: { url: string; auditLog: RecordingLog } = atReceiver
      ? receiver
      : slot.endsWith('header')
        ? untyped
        : boundary;
    const headers = {
      authorization: `Bearer ${asTxnToken ? pair.access : token}`,
      ...(atReceiver && { 'txn-token': asTxnToken ? token : pair.txn }),
    };
    const response = await fetch(app.url + (atReceiver ? '/api/orders' : '/me'), { headers });
    const { sub } = (await response.json()) as { sub?: string };
    return response.ok
      ? { status: response.status, sub }
      : { status: response.status, reason: app.auditLog.last('admission.refused').reason };
  }

  it.each(CASES.filter(isRight))('the %s is accepted %s', async (kind, slot) => {
    expect(await present(genuine(kind, slot), slot)).toEqual({ status: 200, sub: 'alice' });
    expect(await present(disguised(kind, slot), slot)).toEqual({ status: 200, sub: 'alice' });
  });

  it.each(CASES.filter(one => !isRight(one)))('the %s is refused %s', async (kind, slot) => {
    expect(await present(genuine(kind, slot), slot)).toMatchObject({ status: 401 });
  });

  it.each(CASES.filter(one => !isRight(one)))('the %s is refused %s for its kind alone', async (kind, slot) => {
    const reason = SLOTS[slot] === 'Txn-Token' ? 'txn_token_invalid' : 'token_type_refused';
    expect(await present(disguised(kind, slot), slot)).toEqual({ status: 401, reason });
  });

  it.each(['JWT', 'secevent+jwt', 'dpop+jwt', 'application/logout+jwt', 'at+jwt+jwt', 'at', ''])(
    'nor is a type accepted that nobody asked for: "%s"',
    async typ => {
      expect(
        await present(world.sign(claimsOf(world.userToken()), { typ }), 'by a boundary as the bearer'),
      ).toMatchObject({ status: 401 });
      expect(await present(world.sign(claimsOf(pair.access), { typ }), 'by a receiver as the bearer')).toMatchObject({
        status: 401,
      });
      expect(await present(sealed(claimsOf(pair.txn), { typ }), 'by a receiver as the Txn-Token')).toMatchObject({
        status: 401,
      });
    },
  );
});
