import { type CallHandler, type ExecutionContext, type NestInterceptor, RequestTimeoutException } from '@nestjs/common';
import { Observable, repeat } from 'rxjs';
import { Authenticated } from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, callTool, connect, type Era, startApp, type TestApp } from '../support/app.js';
import { message, send } from '../support/mcp-messages.js';
import { startWorld, type World } from '../support/world.js';

const KINDS: [kind: string, era: Era, sessions: boolean][] = [
  ['the 2026 protocol', '2026-07-28', false],
  ['the 2025 protocol', '2025-11-25', false],
  ['the 2025 protocol in a session', '2025-11-25', true],
];

let ran = 0;
/** Told that a tool runs. */
const impatient = new Set<() => void>();

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'long' })
  async long() {
    ran++;
    for (const giveUp of impatient) giveUp();
    await Promise.resolve();
    return 'done';
  }
}

/** As a time-out does: it gives up on every handler of this kind that has not returned when the tool runs. */
const givingUp = (kind: 'http' | 'mcp'): NestInterceptor => ({
  intercept: (context: ExecutionContext, next: CallHandler) =>
    context.getType<string>() !== kind
      ? next.handle()
      : new Observable(subscriber => {
          impatient.add(() => subscriber.error(new RequestTimeoutException()));
          subscriber.add(next.handle().subscribe(subscriber));
        }),
});
const handlingTwice: NestInterceptor = {
  intercept: (context: ExecutionContext, next: CallHandler) =>
    context.getType() === 'http' ? next.handle().pipe(repeat(2)) : next.handle(),
};

describe.each(ADAPTERS)('an interceptor of the application on %s', adapter => {
  let world: World;
  let app: TestApp;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.close());
  beforeEach(() => {
    ran = 0;
    impatient.clear();
  });
  afterEach(() => app?.close());

  const start = async (interceptor: NestInterceptor, sessions: boolean) => {
    app = await startApp(world, {
      adapter,
      providers: [Tools],
      imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0', sessions })],
      prepare: nest => nest.useGlobalInterceptors(interceptor),
    });
  };

  it.each(KINDS)('that gives up on HTTP handlers does not answer for a call: %s', async (_kind, era, sessions) => {
    await start(givingUp('http'), sessions);
    const client = await connect(app.url, world.userToken(), era);
    expect(await callTool(client, 'long')).toMatchObject({ isError: false, text: 'done' });
    expect(app.auditLog.last('execution.outcome')).toMatchObject({ outcome: 'ok' });
    await client.close();
  });

  it.each(KINDS)('that gives up on a tool is its failure, in words of MCP: %s', async (_kind, era, sessions) => {
    await start(givingUp('mcp'), sessions);
    const client = await connect(app.url, world.userToken(), era);
    expect(await callTool(client, 'long')).toMatchObject({ isError: true, text: 'Request Timeout' });
    expect(app.auditLog.last('execution.outcome')).toMatchObject({ outcome: 'failed', reason: 'http_408' });
    await client.close();
  });

  it.each(['2025-11-25', '2026-07-28'] as const)('that handles a request twice runs its call once: %s', async era => {
    await start(handlingTwice, false);
    const call = message(era, 'tools/call', { name: 'long', arguments: {} });
    expect((await send(app.url, world.userToken(), era, call)).messages[0].result.content[0].text).toBe('done');
    expect(ran).toBe(1);
  });
});
