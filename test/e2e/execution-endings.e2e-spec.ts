import {
  type ArgumentsHost,
  BadGatewayException,
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  ForbiddenException,
  Get,
  Injectable,
  type NestInterceptor,
  Sse,
  StreamableFile,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Authenticated, EieError } from 'nestjs-eie';
import { concat, EMPTY, from, interval, map, of, retry, throwError } from 'rxjs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

let ran = 0;

/** In the root module. Nest would run it around ours: it tries what fails a second time. */
@Injectable()
class RetriesAround implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    return context.getHandler().name === 'retriedAround' ? next.handle().pipe(retry(1)) : next.handle();
  }
}

/** On the handler, so that Nest runs it inside ours. */
@Injectable()
class RetriesInside implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(
      retry(1),
      map(value => `${value} at last`),
    );
  }
}

@Injectable()
class Denies implements CanActivate {
  canActivate(): boolean {
    throw new ForbiddenException();
  }
}

/** Answers as if all were well. */
@Catch()
class AnswersItself implements ExceptionFilter {
  catch(_error: unknown, host: ArgumentsHost) {
    host
      .switchToHttp()
      .getResponse<{ status(code: number): { send(body: string): void } }>()
      .status(200)
      .send('filtered');
  }
}

const failsOnce = () => {
  if (ran++ === 0) throw new Error('not yet');
  return 'done';
};

@Controller('ends')
@Authenticated()
class Endings {
  @Get('with-a-value')
  value() {
    return 'value';
  }

  @Get('with-nothing')
  nothing() {}

  @Get('with-a-promise')
  async promise() {
    await sleep(5);
    return 'promise';
  }

  @Get('with-several-values')
  several() {
    return from(['one', 'two', 'three']);
  }

  @Get('with-a-file')
  file() {
    return new StreamableFile(Buffer.from('file'));
  }

  @Get('without-a-value')
  empty() {
    return EMPTY;
  }

  @Get('in-the-words-of-a-filter')
  @UseFilters(AnswersItself)
  filtered() {
    throw new TypeError('x');
  }

  @Get('before-its-handler-in-the-words-of-a-filter')
  @UseGuards(Denies)
  @UseFilters(AnswersItself)
  denied() {}

  @Get('throwing')
  throwing() {
    throw new TypeError('x');
  }

  @Get('rejecting')
  async rejecting() {
    await sleep(5);
    throw new TypeError('x');
  }

  @Get('failing-after-a-value')
  failing() {
    return concat(
      of('one'),
      throwError(() => new TypeError('x')),
    );
  }

  @Get('with-an-http-exception')
  http() {
    throw new BadGatewayException();
  }

  @Get('with-a-refusal')
  refusal() {
    throw new EieError('target_unavailable');
  }

  @Get('with-a-wrapped-refusal')
  wrapped() {
    throw new Error('fetch failed', { cause: new EieError('delegation_denied') });
  }

  @Get('retried-inside')
  @UseInterceptors(RetriesInside)
  retriedInside() {
    return failsOnce();
  }

  @Get('retried-around')
  retriedAround() {
    return failsOnce();
  }

  @Sse('streaming')
  streaming() {
    return interval(10).pipe(map(data => ({ data })));
  }
}

describe.each(ADAPTERS)('an execution, on %s,', adapter => {
  let world: World;
  let app: TestApp;
  beforeAll(async () => {
    world = await startWorld();
    app = await startApp(world, {
      adapter,
      controllers: [Endings],
      providers: [{ provide: APP_INTERCEPTOR, useClass: RetriesAround }],
    });
  });
  afterAll(() => Promise.all([app.close(), world.close()]));
  beforeEach(() => {
    ran = 0;
    app.auditLog.events.length = 0;
  });

  const get = (path: string) =>
    fetch(`${app.url}/ends/${path}`, { headers: { authorization: `Bearer ${world.userToken()}` } });
  const records = () => app.auditLog.events.map(({ type, outcome, reason }) => [type, outcome, reason]);
  const INTENT = ['execution.intent', 'started', null];
  const ended = (outcome: string, reason: string | null = null) => ['execution.outcome', outcome, reason];

  it.each<[path: string, status: number, body: string | undefined, ending: unknown[]]>([
    ['with-a-value', 200, 'value', ended('ok')],
    ['with-nothing', 200, '', ended('ok')],
    ['with-a-promise', 200, 'promise', ended('ok')],
    ['with-several-values', 200, 'three', ended('ok')],
    ['with-a-file', 200, 'file', ended('ok')],
    ['without-a-value', 200, '', ended('ok')],
    ['in-the-words-of-a-filter', 200, 'filtered', ended('failed', 'error')],
    ['before-its-handler-in-the-words-of-a-filter', 200, 'filtered', ended('refused', 'http_200')],
    ['throwing', 500, undefined, ended('failed', 'error')],
    ['rejecting', 500, undefined, ended('failed', 'error')],
    ['failing-after-a-value', 500, undefined, ended('failed', 'error')],
    ['with-an-http-exception', 502, undefined, ended('failed', 'http_502')],
    ['with-a-refusal', 502, undefined, ended('failed', 'target_unavailable')],
    ['with-a-wrapped-refusal', 403, undefined, ended('failed', 'delegation_denied')],
    ['retried-inside', 200, 'done at last', ended('ok')],
  ])('that ends %s is answered, and has one intent and one outcome', async (path, status, body, ending) => {
    const answer = await get(path);
    const text = await answer.text();
    expect(answer.status).toBe(status);
    if (body !== undefined) expect(text).toBe(body);
    expect(records()).toEqual([INTENT, ending]);
    const [intent, outcome] = app.auditLog.events;
    expect(outcome!.envelope_id).toBe(intent!.envelope_id);
    expect(outcome!.duration_ms).toBeGreaterThan(0);
  });

  it('has one intent and one outcome where an interceptor of the root module runs its handler again', async () => {
    const answer = await get('retried-around');
    expect([answer.status, await answer.text()]).toEqual([200, 'done']);
    expect(ran).toBe(2);
    expect(records()).toEqual([INTENT, ended('ok')]);
  });

  it('whose caller goes away has one outcome', async () => {
    const stream = (await get('streaming')).body!.getReader();
    expect((await stream.read()).done).toBe(false);
    expect(records()).toEqual([INTENT]);
    await stream.cancel();
    for (let turns = 0; turns < 1_000 && records().length < 2; turns++) await sleep(10);
    await sleep(50);
    expect(records()).toEqual([INTENT, ended('failed', 'aborted')]);
  });
});
