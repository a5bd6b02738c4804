import { createHash } from 'node:crypto';
import { type ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { DiscoveryModule } from '@nestjs/core';
import { type DelegatedFetch } from 'nestjs-eie';
import { type DelegatingApp, startDelegating } from '../support/delegating-app.js';
import { Intruder } from '../support/intruder.js';
import { startLyingIssuer, tokenAnswer } from '../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { billingTarget, ordersTarget } from '../support/orders.js';
import { tokensWithin } from '../support/reachable.js';
import { ORDERS, SERVER_CLIENT, startWorld, type World } from '../support/world.js';

const SCOPE = 'orders:read billing:read';
const SENT_BACK = [
  'the token that her call was sent with',
  'the Txn-Token of her call',
  'the token that she came with',
  'the token of this server for another API',
] as const;
type SentBack = (typeof SENT_BACK)[number];

let world: World;
let api: Loopback;
let app: DelegatingApp;
let answer: (response: ServerResponse) => unknown;
/** Seconds by which the clock of the application is ahead. */
let ahead: number;
/** What alice's calls of both APIs came with, and were sent with. */
let alices: Record<SentBack, string>;

describe('the credential of another call', () => {
  beforeAll(async () => {
    ahead = 0;
    world = await startWorld();
    api = await startLoopback((_request, response) => answer(response));
    app = await startDelegating(world, {
      imports: [DiscoveryModule],
      providers: [Intruder],
      options: {
        targets: { orders_api: ordersTarget(world, api.url), billing_api: billingTarget(world, api.url) },
        ports: { clock: () => Date.now() + ahead * 1000 },
      },
    });
  });
  afterAll(async () => {
    await app.close();
    await Promise.all([api.close(), world.close()]);
  });
  beforeEach(async () => {
    ahead = 0;
    answer = response => response.end('{}');
    const inbound = world.userToken({ scope: SCOPE });
    const sent = async (target: string) => {
      await app.as(inbound, orders => orders('/'), target);
      const { authorization, 'txn-token': txnToken } = api.requests.at(-1)!.headers;
      return { token: authorization!.slice('Bearer '.length), txnToken: txnToken as string };
    };
    const [orders, billing] = [await sent('orders_api'), await sent('billing_api')];
    alices = {
      'the token that her call was sent with': orders.token,
      'the Txn-Token of her call': orders.txnToken,
      'the token that she came with': inbound,
      'the token of this server for another API': billing.token,
    };
    app.auditLog.events.length = 0;
  });

  const bob = <T>(use: (orders: DelegatedFetch) => Promise<T>): Promise<T> =>
    app.as(world.userToken({ sub: 'bob', scope: SCOPE }), use);
  const refused = expect.objectContaining({ code: 'target_response_refused' });
  const lastDelegation = () => {
    const { type, outcome, reason, actor_sub } = app.auditLog.events.findLast(one =>
      one.type.startsWith('delegation'),
    )!;
    return [type, outcome, reason, actor_sub];
  };
  const otherSignature = (token: string): string =>
    token.replace(/[^.]+$/, signature => [...signature].reverse().join(''));

  /** All that is read of a body until it ends or fails. */
  async function readAll({ body }: Response): Promise<{ text: string; error?: unknown }> {
    const chunks: Uint8Array[] = [];
    const error = await (async () => {
      for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) chunks.push(chunk);
    })().catch((reason: unknown) => reason);
    return { text: Buffer.concat(chunks).toString(), ...(error !== undefined && { error }) };
  }

  describe.each(SENT_BACK)('an API that answers bob with what alice left there: %s', what => {
    it.each<[where: string, how: (response: ServerResponse, token: string) => unknown]>([
      ['a header', (response, token) => response.setHeader('x-last-authorization', `Bearer ${token}`).end('{}')],
      ['a cookie', (response, token) => response.setHeader('set-cookie', ['a=1', `last=${token}`]).end('{}')],
      ['the status line', (response, token) => response.writeHead(400, `not ${token}`).end('{}')],
    ])('in %s: his call is refused before his handler sees anything of it', async (_where, how) => {
      answer = response => how(response, alices[what]);
      const got = await bob(orders => orders('/').catch((error: unknown) => error));
      expect(got).toEqual(refused);
      expect(lastDelegation()).toEqual(['delegation.outcome', 'failed', 'target_response_refused', 'bob']);
    });

    it.each<[how: string, write: (response: ServerResponse, body: string) => unknown]>([
      ['JSON', (response, body) => response.end(body)],
      ['compressed JSON', (response, body) => response.setHeader('content-encoding', 'gzip').end(gzipSync(body))],
    ])('in its %s: his handler gets no value, and it is on the audit log', async (_how, write) => {
      answer = response => write(response, JSON.stringify({ last: { sent: `Bearer ${alices[what]}` } }));
      await expect(bob(orders => orders.json('/'))).rejects.toEqual(refused);
      expect(lastDelegation()).toEqual(['delegation.refused', 'refused', 'target_response_refused', 'bob']);
    });

    it('in a body that he reads as it comes: reading fails before the signature, wherever the packets end', async () => {
      const token = alices[what];
      const signature = token.lastIndexOf('.') + 1;
      for (let at = signature - 2; at <= token.length; at += 6) {
        answer = async response => {
          response.write(`{"last":"${token.slice(0, at)}`);
          await nextTurn();
          response.end(`${token.slice(at)}"}`);
        };
        const { text, error } = await bob(async orders => readAll(await orders('/')));
        expect([at, error]).toEqual([at, refused]);
        expect(`{"last":"${token.slice(0, signature)}`.startsWith(text)).toBe(true);
      }
    });
  });

  it('an API that answers alice with the token that she came with is refused as well, though it is hers', async () => {
    answer = response => response.end(JSON.stringify({ yours: alices['the token that she came with'] }));
    const again = app.as(alices['the token that she came with'], orders => orders.json('/'));
    await expect(again).rejects.toEqual(refused);
  });

  it('a token that has expired is still no part of an answer', async () => {
    const expired = world.userToken({ expiresIn: 60 });
    await app.as(expired, () => Promise.resolve());
    ahead = 120;
    answer = response => response.end(JSON.stringify({ expired }));
    await expect(app.as(expired, () => Promise.resolve())).rejects.toThrow('401');
    const bobs = world.userToken({ sub: 'bob', scope: SCOPE, issuedAt: Math.floor(Date.now() / 1000) + ahead });
    await expect(app.as(bobs, billing => billing.json('/'), 'billing_api')).rejects.toEqual(refused);
  });

  it('a token that an authorization server should not have given, and that was not used, is no part of an answer', async () => {
    const issuer = await startLyingIssuer();
    const own = await startDelegating(world, {
      options: {
        issuers: [issuer.issuerOptions],
        targets: { orders_api: { ...ordersTarget(world, api.url), issuer: issuer.issuerOptions.issuer } },
      },
    });
    const sound = { aud: ORDERS, scope: 'orders:read', act: { sub: SERVER_CLIENT } };
    const call = async (granted: string) => {
      issuer.answer = tokenAnswer({ access_token: granted, token_type: 'Bearer' });
      return own.as(await issuer.freshToken(), orders => orders.json('/'));
    };
    const tooWide = await issuer.sign({ ...sound, scope: 'orders:read orders:write' });
    await expect(call(tooWide)).rejects.toMatchObject({ code: 'delegated_token_refused' });
    answer = response => response.end(JSON.stringify({ tooWide }));
    await expect(call(await issuer.sign(sound))).rejects.toEqual(refused);
    await Promise.all([own.close(), issuer.close()]);
  });

  it('tokens that this process has never had are data, and so is what only looks like one it had: byte for byte', async () => {
    const body = JSON.stringify({
      another: world.userToken(),
      forged: Object.values(alices).map(otherSignature),
      cut: Object.values(alices).map(token => token.slice(0, -1)),
      claims: Object.values(alices).map(token => token.split('.').slice(0, 2).join('.')),
    });
    answer = async response => {
      for (let at = 0; at < body.length; at += 1_000) {
        response.write(body.slice(at, at + 1_000));
        await nextTurn();
      }
      response.end();
    };
    expect(await bob(async orders => readAll(await orders('/')))).toEqual({ text: body });
    expect(lastDelegation()).toEqual(['delegation.outcome', 'ok', null, 'bob']);
  });

  it('no provider of the application shows which credentials the process knows, not even their hashes', () => {
    const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');
    const hashes = Object.values(alices)
      .map(token => token.split('.')[2]!)
      .flatMap(signature => [hash(signature), hash(signature.slice(0, 43))]);
    const roots = app.app.get(Intruder).roots();
    expect(tokensWithin(roots, hashes)).toEqual([]);
    expect(tokensWithin({ roots, planted: new Map([[hashes[0], 1]]) }, hashes)).not.toEqual([]);
  });
});
