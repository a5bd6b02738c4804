import { type IncomingMessage, type ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type DelegatedFetch } from 'nestjs-eie';
import { type DelegatingApp, startDelegating } from '../support/delegating-app.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { billingTarget, ordersTarget } from '../support/orders.js';
import { tokensWithin } from '../support/reachable.js';
import { startWorld, type World } from '../support/world.js';

type Echo = (response: ServerResponse, credential: string, request: IncomingMessage) => unknown;

let world: World;
let api: Loopback;
let app: DelegatingApp;
let echo: Echo;
/** Which of its credentials the target sends back. */
let header: 'authorization' | 'txn-token';

const credentialOf = (request: IncomingMessage) => (request.headers[header] as string).replace('Bearer ', '');
const signatureOf = (credential: string) => credential.split('.')[2]!;

describe('a credential that a target sends back', () => {
  beforeAll(async () => {
    world = await startWorld();
    api = await startLoopback((request, response) => echo(response, credentialOf(request), request));
    app = await startDelegating(world, {
      options: { targets: { orders_api: ordersTarget(world, api.url), billing_api: billingTarget(world, api.url) } },
    });
  });
  afterAll(async () => {
    await app.close();
    await Promise.all([api.close(), world.close()]);
  });
  beforeEach(() => {
    header = 'authorization';
    app.auditLog.events.length = 0;
  });

  const credentials = () =>
    api.requests.flatMap(({ headers }) => [headers.authorization!.slice(7), headers['txn-token'] as string]);
  const run = <T>(use: (target: DelegatedFetch) => Promise<T>, target?: string) =>
    app.as(world.userToken({ scope: 'orders:read billing:read' }), use, target);
  const delegations = () =>
    app.auditLog.events
      .filter(({ type }) => type.startsWith('delegation'))
      .map(({ type, outcome, reason, actor_sub, target }) => [type, outcome, reason, actor_sub, target]);
  /** All that its caller can get hold of, read in small steps or at once. */
  async function gathered(target: DelegatedFetch): Promise<unknown[]> {
    const got: unknown[] = [];
    const keep = async (part: () => unknown) =>
      void got.push(
        await Promise.resolve()
          .then(part)
          .catch((error: unknown) => error),
      );
    const answer = await target('/').catch((error: unknown) => error as Response);
    got.push(answer);
    if (!(answer instanceof Response)) return got;
    const copy = answer.clone();
    await keep(async () => {
      for await (const chunk of answer.body as unknown as AsyncIterable<unknown>) got.push(chunk);
    });
    await keep(() => copy.text());
    return got;
  }

  const atOnce: [where: string, echo: Echo][] = [
    [
      'a header',
      (response, credential) => response.setHeader('x-received-authorization', `Bearer ${credential}`).end('{}'),
    ],
    [
      'a header of an answer without a body',
      (response, credential) => response.writeHead(204, { 'x-signature': signatureOf(credential) }).end(),
    ],
    [
      'a challenge',
      (response, credential) =>
        response
          .writeHead(401, { 'www-authenticate': `Bearer error="invalid_request", error_description="${credential}"` })
          .end(),
    ],
    [
      'a cookie',
      (response, credential) => response.setHeader('set-cookie', ['a=1', `session=${credential}; HttpOnly`]).end('{}'),
    ],
    ['the status line', (response, credential) => response.writeHead(400, `bad token ${credential}`).end('{}')],
    [
      'the address that it redirects to',
      (response, credential, request) =>
        request.url === '/'
          ? response.writeHead(302, { location: `/next?token=${credential}` }).end()
          : response.end('{}'),
    ],
  ];
  const inTheBody: [where: string, echo: Echo][] = [
    ['its body', (response, credential) => response.end(JSON.stringify({ you: { sent: `Bearer ${credential}` } }))],
    ['its body, the signature alone', (response, credential) => response.end(signatureOf(credential))],
    ['an error', (response, credential) => response.writeHead(500).end(`could not read ${credential}`)],
    [
      'a compressed body',
      (response, credential) =>
        response.setHeader('content-encoding', 'gzip').end(gzipSync(`{"token":"${credential}"}`)),
    ],
    ['the end of a long body', (response, credential) => response.end(`${'x'.repeat(1_000_000)}${credential}`)],
  ];

  describe.each(['authorization', 'txn-token'] as const)('a target that sends its %s back', name => {
    beforeEach(() => (header = name));

    it.each(atOnce)('in %s: the call is refused, and its caller gets nothing of it', async (_where, how) => {
      echo = how;
      const got = await run(gathered);
      expect(got).toEqual([expect.objectContaining({ code: 'target_response_refused' })]);
      expect(tokensWithin(got, credentials())).toEqual([]);
      expect(delegations()).toEqual([
        ['delegation.intent', 'started', null, 'alice', 'orders_api'],
        ['delegation.outcome', 'failed', 'target_response_refused', 'alice', 'orders_api'],
      ]);
    });

    it.each(inTheBody)('in %s: reading it fails, and its caller gets nothing of it', async (_where, how) => {
      echo = how;
      const got = await run(gathered);
      expect(got.slice(1).filter(one => one instanceof Error)).toEqual(
        Array(2).fill(expect.objectContaining({ code: 'target_response_refused' })),
      );
      expect(tokensWithin(got, credentials())).toEqual([]);
      expect(delegations().at(-1)).toEqual([
        'delegation.refused',
        'refused',
        'target_response_refused',
        'alice',
        'orders_api',
      ]);
    });
  });

  it('is found out, wherever the packets of its answer end', async () => {
    const length = signatureOf(world.userToken()).length;
    for (let at = 0; at <= length; at += 3) {
      echo = async (response, credential) => {
        const signature = signatureOf(credential);
        response.write(`{"sent":"${signature.slice(0, at)}`);
        await nextTurn();
        response.end(`${signature.slice(at)}"}`);
      };
      const got = await run(gathered);
      expect([at, got.at(-1)]).toEqual([at, expect.objectContaining({ code: 'target_response_refused' })]);
      const bytes = Buffer.concat(got.filter(one => one instanceof Uint8Array)).toString();
      expect('{"sent":"'.startsWith(bytes)).toBe(true);
    }
  });

  it('with the token of this server is refused as well', async () => {
    echo = (response, credential) => response.end(credential);
    await expect(run(async billing => (await billing('/')).json(), 'billing_api')).rejects.toMatchObject({
      code: 'target_response_refused',
    });
  });

  it('is believed when its answer only looks like it', async () => {
    let body = Buffer.alloc(0);
    echo = (response, credential) => {
      const signature = signatureOf(credential);
      const wrong = `${signature.slice(0, -1)}${signature.endsWith('A') ? 'B' : 'A'}`;
      body = Buffer.from(
        JSON.stringify({
          credential: credential.slice(0, -1),
          wrong,
          halves: [signature.slice(0, 40), signature.slice(40)],
          other: world.userToken(),
        }),
      );
      for (let at = 0; at < body.length; at += 7) response.write(body.subarray(at, at + 7));
      response.end();
    };
    const got = await run(async orders => Buffer.from(await (await orders('/')).arrayBuffer()));
    expect(got.equals(body)).toBe(true);
    expect(delegations().at(-1)).toEqual(['delegation.outcome', 'ok', null, 'alice', 'orders_api']);
  });
});
