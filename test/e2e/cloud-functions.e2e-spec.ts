import serverlessExpress from '@codegenie/serverless-express';
import { ServerlessAdapter } from '@h4ad/serverless-adapter';
import { ApiGatewayV2Adapter } from '@h4ad/serverless-adapter/adapters/aws';
import { ExpressFramework } from '@h4ad/serverless-adapter/frameworks/express';
import { DefaultHandler } from '@h4ad/serverless-adapter/handlers/default';
import { PromiseResolver } from '@h4ad/serverless-adapter/resolvers/promise';
import { type CanActivate, Controller, Get, Injectable, Sse, UseGuards } from '@nestjs/common';
import { Authenticated, Identity, IdentityRevocation } from 'nestjs-eie';
import { Tool, ToolCall, ToolController } from 'nestjs-eie/mcp';
import { interval, map, tap } from 'rxjs';
import serverlessHttp from 'serverless-http';
import { answerOf, lambdaEvent } from '../promises/lambda.js';
import { startMcpApp, type TestApp } from '../support/app.js';
import { message } from '../support/mcp-messages.js';
import { until } from '../support/until.js';
import { startWorld, type World } from '../support/world.js';

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'whoami' })
  whoami(@Identity('actor.sub') user: string) {
    return user;
  }

  @Tool({ name: 'reports' })
  async reports(@ToolCall() call: ToolCall) {
    for (let progress = 0; progress < 3; progress++) await call.progress({ progress });
    return 'done';
  }
}

@Injectable()
class Later implements CanActivate {
  canActivate() {
    return false;
  }
}

let onEvent = (): void => undefined;

@Controller('orders')
@Authenticated()
class OrdersController {
  @Get('later')
  @UseGuards(Later)
  later() {}

  @Sse('stream')
  stream() {
    return interval(5).pipe(
      tap(() => onEvent()),
      map(data => ({ data })),
    );
  }
}

/** Its types say that it is the member `default` of what it exports. */
const codegenie = serverlessExpress as unknown as typeof serverlessExpress.default;

type Handle = (event: object, context: object) => Promise<unknown>;

const adapters: [name: string, handler: (instance: never) => unknown][] = [
  ['@codegenie/serverless-express', instance => codegenie({ app: instance })],
  ['serverless-http', instance => serverlessHttp(instance)],
  [
    '@h4ad/serverless-adapter',
    instance =>
      ServerlessAdapter.new(instance)
        .setFramework(new ExpressFramework())
        .setHandler(new DefaultHandler())
        .setResolver(new PromiseResolver())
        .addAdapter(new ApiGatewayV2Adapter())
        .build(),
  ],
];

/** More than one user may have open at a time. */
const CALLS = 700;

describe.each(adapters)('a cloud function, by %s,', (_name, handlerOf) => {
  let world: World;
  let app: TestApp;
  let handle: Handle;

  beforeAll(async () => {
    world = await startWorld();
    app = await startMcpApp(world, { providers: [Tools], controllers: [OrdersController] });
    handle = handlerOf(app.app.getHttpAdapter().getInstance() as never) as Handle;
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });

  const get = (path: string, token = world.userToken()) =>
    handle(lambdaEvent(path, { headers: { authorization: `Bearer ${token}` } }), {}).then(answerOf);
  const post = (body: object, token = world.userToken()) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    return handle(lambdaEvent('/mcp', { method: 'POST', headers, body: JSON.stringify(body) }), {}).then(answerOf);
  };
  const called = (name: string, params: object = {}) =>
    message('2025-11-25', 'tools/call', { name, arguments: {}, ...params });

  it('answers a user as often as he calls, since a call that is answered counts no longer', async () => {
    const token = world.userToken();
    const statuses = new Set<number>();
    for (let i = 0; i < CALLS; i++) statuses.add((await post(called('whoami'), token)).status);
    expect([...statuses]).toEqual([200]);
  });

  it('answers by a stream of events, as a client of the 2025 era is initialized', async () => {
    const initialize = message('2025-11-25', 'initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'test-client', version: '1.0.0' },
    });
    expect((await post(initialize)).text).toContain('"serverInfo"');
    const { text } = await post(called('reports', { _meta: { progressToken: 1 } }));
    expect(text.match(/notifications\/progress/g)).toHaveLength(3);
    expect(text).toContain('"done"');
  });

  it('has an outcome on the audit log for what a later guard refuses', async () => {
    app.auditLog.events.length = 0;
    expect((await get('/orders/later')).status).toBe(403);
    await until(() => app.auditLog.events.length === 2);
    expect(app.auditLog.events.map(({ type, outcome }) => `${type} ${outcome}`)).toEqual([
      'execution.intent started',
      'execution.outcome failed',
    ]);
  });

  it('fails, and waits for nothing more, when a revocation cuts its answer off', async () => {
    const begun = new Promise<void>(resolve => (onEvent = resolve));
    const status = get('/orders/stream', world.userToken({ sub: 'bob' })).then(
      answer => answer.status,
      () => 'thrown',
    );
    await begun;
    await app.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'bob' });
    // What waits for the function makes a 502 of what it throws; some adapters make a 500 of it.
    expect(['thrown', 500]).toContain(await status);
  });
});
