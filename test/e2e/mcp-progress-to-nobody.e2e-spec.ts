import { Authenticated, IdentityRevocation } from 'nestjs-eie';
import { Tool, ToolCall, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, type Era, ERAS, startMcpApp, type TestApp } from '../support/app.js';
import { headersFor, message } from '../support/mcp-messages.js';
import { until } from '../support/until.js';
import { startWorld, type World } from '../support/world.js';

let steps: string[] = [];
const failures: unknown[] = [];

@ToolController()
class TransferTools {
  /** Half of it done would be worse than nothing. */
  @Tool({ name: 'transfer' })
  @Authenticated()
  async transfer(@ToolCall() call: ToolCall) {
    await call.progress({ progress: 1, total: 2 });
    steps.push('debited');
    await new Promise(resolve => call.signal.addEventListener('abort', resolve));
    await call.progress({ progress: 2, total: 2 });
    await call.log('info', 'nearly done');
    steps.push('credited');
    return 'done';
  }
}

describe.each(ADAPTERS)('a tool that reports its progress, on %s,', adapter => {
  let world: World;
  let app: TestApp;
  const logger = {
    log: () => undefined,
    warn: () => undefined,
    error: (failure: unknown) => void failures.push(failure),
  };
  beforeAll(async () => {
    world = await startWorld();
    app = await startMcpApp(world, { adapter, providers: [TransferTools], prepare: nest => nest.useLogger(logger) });
  });
  afterAll(() => Promise.all([app, world].map(one => one?.close())));
  beforeEach(() => {
    steps = [];
    failures.length = 0;
    app.auditLog.events.length = 0;
  });

  const call = (era: Era, sub: string, signal?: AbortSignal) => {
    const params = { name: 'transfer', arguments: {}, _meta: { progressToken: 'p' } };
    const sent = message(era, 'tools/call', params);
    const headers = { ...headersFor(era, sent), authorization: `Bearer ${world.userToken({ sub })}` };
    return fetch(`${app.url}/mcp`, { method: 'POST', headers, body: JSON.stringify(sent), signal: signal ?? null });
  };
  const outcome = () => app.auditLog.events.find(({ type }) => type === 'execution.outcome');

  it.each(ERAS)(
    'goes on to its end when its client (%s) has gone away, and nothing is logged as its failure',
    async era => {
      const abort = new AbortController();
      await call(era, 'alice', abort.signal);
      await until(() => steps.length === 1);
      abort.abort();
      await until(() => outcome() !== undefined);
      expect([steps, failures]).toEqual([['debited', 'credited'], []]);
      expect(outcome()).toMatchObject({ actor_sub: 'alice', outcome: 'ok' });
    },
  );

  it.each<[Era, string]>([
    ['2025-11-25', 'user-1'],
    ['2026-07-28', 'user-2'],
  ])(
    'goes on to its end when its identity is revoked (%s), and its client is told of the revocation',
    async (era, sub) => {
      const answer = await call(era, sub);
      await until(() => steps.length === 1);
      await app.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub });
      expect(await answer.text()).toContain('identity_revoked');
      await until(() => outcome() !== undefined);
      expect([steps, failures]).toEqual([['debited', 'credited'], []]);
      expect(outcome()).toMatchObject({ actor_sub: sub, outcome: 'failed', reason: 'identity_revoked' });
    },
  );
});
