import { type IncomingMessage, type ServerResponse } from 'node:http';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  Module,
  Post,
  Req,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Authenticated, type ExecutionIdentityEnvelope, Public } from 'nestjs-eie';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

interface Incoming {
  headers: Record<string, unknown>;
}

@Controller()
class ReadingController {
  @Get('reads')
  @Authenticated()
  reads(@Req() request: Incoming) {
    return String(request.headers.authorization);
  }

  @Get('copies')
  @Authenticated()
  copies(@Req() request: Incoming) {
    return Object.keys({ ...request.headers });
  }

  @Post('login')
  @Public({ reason: 'This is where people sign in.' })
  login(@Req() request: Incoming) {
    return { authorization: request.headers.authorization ?? 'none' };
  }
}

const guarded: unknown[] = [];

@Injectable()
class LaterGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { user, rawHeaders, raw } = context
      .switchToHttp()
      .getRequest<{ user?: ExecutionIdentityEnvelope; rawHeaders?: string[]; raw?: IncomingMessage }>();
    guarded.push({ user: user?.actor.sub, token: JSON.stringify(rawHeaders ?? raw?.rawHeaders).includes('Bearer') });
    return true;
  }
}

@Module({ providers: [{ provide: APP_GUARD, useClass: LaterGuard }] })
class LaterModule {}

describe.each(ADAPTERS)('code that looks for the token on %s', adapter => {
  let world: World;
  let app: TestApp;
  const logged: unknown[] = [];
  /** The very array of the last request. */
  let kept: string[];

  beforeAll(async () => {
    world = await startWorld();
    app = await startApp(world, {
      adapter,
      controllers: [ReadingController],
      imports: [LaterModule],
      prepare: nest =>
        nest.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
          kept = request.rawHeaders;
          response.on('finish', () => logged.push(request.headers.authorization));
          next();
        }),
    });
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });

  const headers = () => ({ authorization: `Bearer ${world.userToken()}` });

  it('finds nothing in the handler', async () => {
    expect(await (await fetch(`${app.url}/reads`, { headers: headers() })).text()).toBe('undefined');
  });

  it('finds no token in a middleware, not even in the list of headers itself', async () => {
    await fetch(`${app.url}/reads`, { headers: headers() });
    expect(kept).toContain('user-agent');
    expect(kept.filter(value => /bearer|authorization/i.test(value))).toEqual([]);
  });

  it('finds the identity and no token in a global guard of a module that is imported after EieModule', async () => {
    guarded.length = 0;
    await fetch(`${app.url}/reads`, { headers: headers() });
    expect(guarded).toEqual([{ user: 'alice', token: false }]);
  });

  it('finds no such header when it copies the headers', async () => {
    expect(await (await fetch(`${app.url}/copies`, { headers: headers() })).json()).not.toContain('authorization');
  });

  it('finds nothing, and does not fail, when it logs the request after the answer', async () => {
    logged.length = 0;
    await (await fetch(`${app.url}/reads`, { headers: headers() })).text();
    await new Promise(resolve => setImmediate(resolve));
    expect(logged).toEqual([undefined]);
  });

  it('finds nothing, and does not fail, where no token was sent', async () => {
    expect(await (await fetch(`${app.url}/login`, { method: 'POST' })).json()).toEqual({ authorization: 'none' });
  });
});
