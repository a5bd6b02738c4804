import { setTimeout as sleep } from 'node:timers/promises';
import { Authenticated, Identity, IdentityRevocation } from 'nestjs-eie';
import { EieMcpModule, Resource, Tool, ToolCall, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, connect, startApp, type TestApp } from '../support/app.js';
import { eventsIn, message, open, send } from '../support/mcp-messages.js';
import { until } from '../support/until.js';
import { startWorld, type World } from '../support/world.js';

/** Told that a call of this user was ended. */
const onAbort = new Map<string, () => void>();
const abortOf = (sub: string) => new Promise<void>(resolve => onAbort.set(sub, resolve));
/** Told that a call waits, and what makes it go on. */
let onWait: () => void;
let goOn: () => void;

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'long' })
  async long(@ToolCall() call: ToolCall, @Identity('actor.sub') sub: string) {
    const aborted = (): void => onAbort.get(sub)?.();
    call.signal.addEventListener('abort', aborted);
    if (call.signal.aborted) aborted();
    for (let progress = 1; !call.signal.aborted && progress < 1_000; progress++) {
      await call.progress({ progress });
      await sleep(20);
    }
  }

  @Tool({ name: 'late' })
  async late(@ToolCall() call: ToolCall, @Identity('actor.sub') sub: string) {
    const waited = new Promise<void>(resolve => (goOn = resolve));
    onWait();
    await waited;
    await this.long(call, sub);
  }

  @Resource({ uri: 'shop://watched', name: 'watched' })
  watched() {}
}

const LONG = { name: 'long', arguments: {}, _meta: { progressToken: 'p' } };

describe.each(ADAPTERS)('an open stream, on %s,', adapter => {
  let world: World;
  let app: TestApp;
  /** The clock stands still: each stream has all of its time, counted from when it was opened. */
  const now = Math.floor(Date.now() / 1000) * 1000;
  beforeAll(async () => {
    world = await startWorld();
    const imports = [
      EieMcpModule.register({
        path: 'mcp',
        name: 'shop',
        version: '1.0.0',
        sessions: true,
        configure: ({ server }) => server.registerCapabilities({ resources: { subscribe: true } }),
      }),
    ];
    app = await startApp(world, { adapter, providers: [Tools], imports, options: { ports: { clock: () => now } } });
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });

  const calls: Record<string, (token: string) => Promise<Response>> = {
    'a tool call of the 2026 era': token =>
      open(app.url, token, '2026-07-28', message('2026-07-28', 'tools/call', LONG)),
    'a tool call of the 2025 era': token =>
      open(app.url, token, '2025-11-25', message('2025-11-25', 'tools/call', LONG)),
  };
  const subscriptions: typeof calls = {
    'a subscription of the 2026 era': token =>
      open(
        app.url,
        token,
        '2026-07-28',
        message('2026-07-28', 'subscriptions/listen', { notifications: { resourceSubscriptions: ['shop://watched'] } }),
      ),
    'a session of the 2025 era': async token => {
      const initialize = message('2025-11-25', 'initialize', {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'raw', version: '1.0.0' },
      });
      const session = (await send(app.url, token, '2025-11-25', initialize)).headers.get('mcp-session-id')!;
      return fetch(`${app.url}/mcp`, {
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'text/event-stream',
          'mcp-session-id': session,
          'mcp-protocol-version': '2025-11-25',
        },
      });
    },
  };
  const tokenOf = (sub: string, expiresIn = 300) => world.userToken({ sub, issuedAt: now / 1000, expiresIn });
  const openAll = (streams: typeof calls, token: () => string) =>
    Promise.all(Object.values(streams).map(start => start(token())));
  /** The error that a stream ends with. */
  const ended = async (stream: Response): Promise<unknown> => {
    const last = eventsIn(await stream.text()).at(-1);
    return last?.error?.data?.code;
  };
  const isOpen = async (stream: Response) => {
    const read = stream.body!.getReader().read();
    return Promise.race([read.then(({ done }) => !done), sleep(100, true)]);
  };

  it('that no call works on ends when the identity it was opened with expires, and no other one does', async () => {
    const bobs = await openAll(subscriptions, () => tokenOf('bob'));
    const alices = await openAll(subscriptions, () => tokenOf('alice', 2));
    expect(alices.map(stream => stream.headers.get('content-type'))).toEqual(alices.map(() => 'text/event-stream'));
    expect(await Promise.all(alices.map(ended))).toEqual(alices.map(() => 'identity_expired'));
    expect(await Promise.all(bobs.map(isOpen))).toEqual(bobs.map(() => true));
    await app.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'bob' });
  });

  it('ends when the identity it was opened with is revoked, and no other one does', async () => {
    const aborted = abortOf('user-0');
    const all = { ...calls, ...subscriptions };
    const bobs = await openAll(all, () => tokenOf('user-1'));
    const alices = await openAll(all, () => tokenOf('user-0'));
    await app.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'user-0' });
    expect(await Promise.all(alices.map(ended))).toEqual(alices.map(() => 'identity_revoked'));
    await aborted;
    expect(await Promise.all(bobs.map(isOpen))).toEqual(bobs.map(() => true));
    await app.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'user-1' });
  });

  it('never begins after its identity was revoked: its client is told why, and its tool to stop', async () => {
    const aborted = abortOf('user-2');
    const waiting = new Promise<void>(resolve => (onWait = resolve));
    const opening = open(
      app.url,
      tokenOf('user-2'),
      '2026-07-28',
      message('2026-07-28', 'tools/call', { ...LONG, name: 'late' }),
    );
    await waiting;
    await app.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'user-2' });
    const refused = await opening;
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('error="invalid_token"'),
    ]);
    expect(await refused.json()).toMatchObject({ id: 1, error: { data: { code: 'identity_revoked' } } });
    goOn();
    await aborted;
  });

  it('tells the official client why it ends: a call fails with the code, and a subscription is not taken for a lasting one', async () => {
    const client = await connect(app.url, tokenOf('user-3'), '2026-07-28');
    const subscription = await client.listen({ resourceSubscriptions: ['shop://watched'] });
    const call = client.callTool({ name: 'long', arguments: {} }, { onprogress: () => undefined });
    const refused = expect(call).rejects.toMatchObject({ data: { code: 'identity_revoked' } });
    await until(() => app.auditLog.events.some(event => event.handler === 'long' && event.actor_sub === 'user-3'));
    await app.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'user-3' });
    await refused;
    expect(await subscription.closed).toBe('remote');
    await client.close();
  });
});
