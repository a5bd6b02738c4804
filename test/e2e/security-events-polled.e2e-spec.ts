import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { Controller, Get } from '@nestjs/common';
import { Authenticated, Identity, MemoryRevocationStore } from 'nestjs-eie';
import { startApp, type TestApp } from '../support/app.js';
import { newTransmitter, type Transmitter } from '../support/signals.js';
import { until } from '../support/until.js';
import { startWorld, type World } from '../support/world.js';

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me(@Identity('actor.sub') sub: string) {
    return sub;
  }
}

interface Poll {
  readonly ack: string[];
  readonly setErrs: Record<string, { err: string }>;
  readonly returnImmediately: boolean;
}

/** The polling endpoint of a transmitter: it sends what is not acknowledged, and holds a poll while there is nothing. */
class Stream {
  readonly polls: Poll[] = [];
  readonly authorizations: (string | undefined)[] = [];
  readonly queue = new Map<string, string>();
  readonly refused = new Map<string, string>();
  /** Answers in place of it, so many times. */
  failures: ((response: ServerResponse) => void)[] = [];
  perPoll = 100;
  #held: (() => void) | undefined;
  #server: Server | undefined;

  async start(): Promise<string> {
    const server = createServer((request, response) => void this.#answer(request, response));
    this.#server = server;
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/poll`;
  }

  async add(token: string): Promise<string> {
    const { jti } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { jti: string };
    this.queue.set(jti, token);
    this.wake();
    return jti;
  }

  wake(): void {
    this.#held?.();
  }

  close(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const poll = (await json(request)) as Poll;
    this.polls.push(poll);
    this.authorizations.push(request.headers.authorization);
    const failure = this.failures.shift();
    if (failure) return failure(response);
    for (const jti of poll.ack) this.queue.delete(jti);
    for (const [jti, { err }] of Object.entries(poll.setErrs)) {
      this.queue.delete(jti);
      this.refused.set(jti, err);
    }
    if (!this.queue.size && !poll.returnImmediately) await new Promise<void>(resolve => (this.#held = resolve));
    const sets = [...this.queue].slice(0, this.perPoll);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ sets: Object.fromEntries(sets), moreAvailable: this.queue.size > sets.length }));
  }
}

/** Cannot be told anything while it is away. */
class AwayStore extends MemoryRevocationStore {
  isAway = false;

  override add(...given: Parameters<MemoryRevocationStore['add']>): Promise<void> {
    return this.isAway ? Promise.reject(new Error('away')) : super.add(...given);
  }
}

describe('a security event that is polled for', () => {
  let world: World;
  let stream: Stream;
  let transmitter: Transmitter;
  let app: TestApp;
  let store: AwayStore;
  let reports: string[];

  beforeEach(async () => {
    world = await startWorld();
    stream = new Stream();
    store = new AwayStore();
    reports = [];
    transmitter = await newTransmitter('https://signals.test');
    const url = await stream.start();
    const { issuer, audience, jwks } = transmitter;
    app = await startApp(world, {
      controllers: [MeController],
      options: {
        ports: { revocation: store, diagnostics: { report: ({ message }) => void reports.push(message) } },
        authorization: {
          signals: {
            events: {
              transmitters: [
                {
                  issuer,
                  jwks,
                  algorithms: ['ES256'],
                  audience: [audience],
                  issuers: [world.issuer],
                  poll: { url, secret: 'what this server presents', every: 1 },
                },
              ],
            },
          },
        },
      },
    });
  });
  afterEach(async () => {
    await app?.close();
    stream?.close();
    await world?.close();
  });

  const call = async (bearer: string) =>
    (await fetch(`${app.url}/me`, { headers: { authorization: `Bearer ${bearer}` } })).status;
  const about = (sub: string, claims: object = {}) =>
    transmitter.event('account-disabled', { format: 'iss_sub', iss: world.issuer, sub }, claims);
  const bearerOf = (sub = 'alice') => world.userToken({ sub, issuedAt: Math.floor(Date.now() / 1000) - 10 });

  it('ends whom it names as soon as the transmitter has it, and is acknowledged then', async () => {
    const bearer = bearerOf();
    expect(await call(bearer)).toBe(200);
    const jti = await stream.add(await about('alice'));
    await until(() => !stream.queue.size);
    expect(await call(bearer)).toBe(401);
    expect(stream.polls.flatMap(({ ack }) => ack)).toEqual([jti]);
    expect(app.auditLog.last('identity.revoked')).toMatchObject({
      handler: 'signal:security_event',
      actor_sub: 'alice',
    });
    expect(new Set(stream.authorizations)).toEqual(new Set(['Bearer what this server presents']));
  });

  it('is acknowledged with all the others, however many polls they take', async () => {
    stream.perPoll = 3;
    const users = Array.from({ length: 10 }, (_, i) => `user-${i}`);
    for (const sub of users) stream.queue.set(...(await entry(await about(sub))));
    stream.wake();
    await until(() => !stream.queue.size);
    expect(await Promise.all(users.map(sub => call(bearerOf(sub))))).toEqual(users.map(() => 401));
    expect(stream.polls.length).toBeGreaterThan(4);
  });

  it('is refused by name where it is forged or unreadable, and those beside it count', async () => {
    const good = await about('alice');
    const forged = await (
      await newTransmitter('https://signals.test')
    ).event('account-disabled', {
      format: 'iss_sub',
      iss: world.issuer,
      sub: 'bob',
    });
    const email = await transmitter.event('account-disabled', { format: 'email', email: 'bob@shop.test' });
    const foreign = await about('bob', { iss: 'https://other.test' });
    const entries = await Promise.all([forged, email, foreign, good].map(entry));
    for (const [jti, token] of entries) stream.queue.set(jti, token);
    stream.queue.set('another-id', await about('user-1'));
    stream.wake();
    await until(() => !stream.queue.size);
    expect(entries.map(([jti]) => stream.refused.get(jti))).toEqual([
      'invalid_key',
      'invalid_request',
      'invalid_issuer',
      undefined,
    ]);
    expect(stream.refused.get('another-id')).toBe('invalid_request');
    expect(await Promise.all(['bob', 'user-1', 'alice'].map(sub => call(bearerOf(sub))))).toEqual([200, 200, 401]);
    expect(app.auditLog.types().filter(type => type === 'admission.refused').length).toBeGreaterThanOrEqual(4);
  });

  it('is neither acknowledged nor refused while the store is away, and comes again', async () => {
    store.isAway = true;
    const jti = await stream.add(await about('alice'));
    await until(() => stream.polls.length >= 3);
    expect([stream.queue.has(jti), stream.refused.has(jti)]).toEqual([true, false]);
    expect(await call(bearerOf())).toBe(200);
    store.isAway = false;
    await until(() => !stream.queue.size);
    expect(await call(bearerOf())).toBe(401);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['fails', response => void response.writeHead(500).end()],
    ['refuses', response => void response.writeHead(403).end('{}')],
    ['redirects', response => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
    ['hangs up', response => void response.destroy()],
    ['answers no JSON', response => void response.end('<html>')],
    ['answers without events', response => void response.end('{}')],
    ['answers with a list', response => void response.end('{"sets":[]}')],
    ['answers without end', response => void response.end(`{"sets":{"x":"${'x'.repeat(300_000)}"}}`)],
  ])(
    'comes when its transmitter has recovered, which %s meanwhile, and the operator is told once',
    async (_what, failure) => {
      stream.failures = [failure, failure];
      // The poll that is held now finds nothing.
      stream.wake();
      await until(() => !stream.failures.length);
      await stream.add(await about('alice'));
      await until(() => !stream.queue.size);
      expect(await call(bearerOf())).toBe(401);
      const told = reports.filter(message => message.includes('https://signals.test'));
      expect(told.filter(message => message.includes('cannot be polled'))).toHaveLength(1);
      expect(told.at(-1)).toContain('is polled again');
      expect(told.join()).not.toContain('what this server presents');
    },
  );

  it('comes after a poll that was answered with nothing, which is no failure', async () => {
    stream.failures = [response => void response.writeHead(204).end()];
    stream.wake();
    await until(() => !stream.failures.length);
    await stream.add(await about('alice'));
    await until(() => !stream.queue.size);
    expect(await call(bearerOf())).toBe(401);
    expect(reports.filter(message => message.includes('cannot be polled'))).toEqual([]);
  });

  /** Answers every poll with this. */
  const answerAlways = (body: (poll: number) => object) => {
    let answered = 0;
    const answer = (response: ServerResponse): void => {
      stream.failures.push(answer);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(body(answered++)));
    };
    stream.failures = [answer];
    stream.wake();
  };
  const garbage = (poll: number) =>
    Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`garbage-${poll}-${i}`, 'x.y.z']));

  it.each<[string, (poll: number) => object]>([
    ['nothing, and says that there is more', () => ({ sets: {}, moreAvailable: true })],
    ['nothing but what is refused', poll => ({ sets: garbage(poll), moreAvailable: true })],
  ])('is asked for with pauses where the transmitter gives %s', async (_what, body) => {
    await until(() => stream.polls.length > 0);
    const since = performance.now();
    answerAlways(body);
    await until(() => performance.now() - since > 2_500);
    // One that was held, one at once, and then one a second at most.
    expect(stream.polls.length).toBeLessThanOrEqual(3 + (performance.now() - since) / 1_000);
  });

  it('that is refused is recorded ten times a poll at most, and the operator is told how many there were', async () => {
    await until(() => stream.polls.length > 0);
    const first = garbage(0);
    stream.failures = [response => void response.end(JSON.stringify({ sets: first }))];
    stream.wake();
    const told = () => stream.polls.flatMap(({ setErrs }) => Object.keys(setErrs));
    await until(() => told().length > 0);
    expect(told()).toEqual(Object.keys(first));
    expect(app.auditLog.types().filter(type => type === 'admission.refused')).toHaveLength(10);
    expect(reports.filter(message => message.includes('50 events'))).toHaveLength(1);
  });

  it('that is refused is told to the transmitter by its id, whatever that is', async () => {
    await until(() => stream.polls.length > 0);
    stream.failures = [response => void response.end('{"sets":{"__proto__":"x.y.z"}}')];
    stream.wake();
    await until(() => stream.polls.some(({ setErrs }) => Object.hasOwn(setErrs, '__proto__')));
    expect(stream.polls.flatMap(({ setErrs }) => Object.keys(setErrs))).toEqual(['__proto__']);
  });

  it.each([1, 30])(
    'is not told to be refused while no record of it can be written, and comes again: %i',
    async count => {
      app.auditLog.broken = true;
      for (let i = 0; i < count; i++) stream.queue.set(`garbage-${i}`, 'x.y.z');
      stream.wake();
      const before = stream.polls.length;
      await until(() => stream.polls.length >= before + 2);
      expect([stream.queue.size, stream.refused.size]).toEqual([count, 0]);
      app.auditLog.broken = false;
      await until(() => !stream.queue.size);
      expect([stream.refused.size, app.auditLog.types().length]).toEqual([count, Math.min(10, count)]);
    },
  );

  it('is not taken where it is pushed: there is no such route', async () => {
    const answer = await fetch(`${app.url}/security-events`, {
      method: 'POST',
      body: await about('alice'),
      headers: { 'content-type': 'application/secevent+jwt' },
    });
    expect(answer.status).toBe(404);
    expect(await call(bearerOf())).toBe(200);
  });

  it('is asked for no more when the application has stopped', async () => {
    await until(() => stream.polls.length > 0);
    await app.close();
    const polls = stream.polls.length;
    await stream.add(await about('alice', { jti: randomUUID() }));
    await new Promise(setImmediate);
    expect(stream.polls).toHaveLength(polls);
  });
});

async function entry(token: string): Promise<[string, string]> {
  const { jti } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { jti: string };
  return [jti, token];
}
