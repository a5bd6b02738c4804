import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  NotFoundException,
  UseGuards,
} from '@nestjs/common';
import { Authenticated } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, callTool, connect, ERAS, startMcpApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

let ran = 0;
/** What the decision of each call waits for. */
let decision = Promise.resolve(true);
let asked: string[] = [];

@Injectable()
class Denies implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    asked.push(context.getHandler().name);
    return false;
  }
}

@Injectable()
class Hides implements CanActivate {
  canActivate(): never {
    throw new NotFoundException('no such thing');
  }
}

@Injectable()
class Breaks implements CanActivate {
  canActivate(): never {
    throw new TypeError('broken');
  }
}

@Controller()
@Authenticated()
class Handlers {
  @Get('denied')
  @UseGuards(Denies)
  denied() {
    ran++;
  }

  @Get('never')
  never() {
    return new Promise(() => undefined);
  }

  @Get('hidden')
  @UseGuards(Hides)
  hidden() {
    ran++;
  }

  @Get('broken')
  @UseGuards(Breaks)
  broken() {
    ran++;
  }
}

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'denied' })
  @UseGuards(Denies)
  denied() {
    ran++;
  }

  @Tool({ name: 'hidden' })
  @UseGuards(Hides)
  hidden() {
    ran++;
  }

  @Tool({ name: 'broken' })
  @UseGuards(Breaks)
  broken() {
    ran++;
  }
}

const CASES = [
  ['denied', 'refused', 'http_403'],
  ['hidden', 'failed', 'http_404'],
] as const;

describe.each(ADAPTERS)('what a guard of the application stops behind ours, on %s,', adapter => {
  let world: World;
  let app: TestApp;
  beforeAll(async () => {
    world = await startWorld();
    app = await startMcpApp(world, {
      adapter,
      controllers: [Handlers],
      providers: [Tools],
      options: { ports: { policy: { allows: () => decision } }, limits: { callDeadline: 1 } },
    });
  });
  afterAll(async () => {
    await app.close();
    await world.close();
  });
  beforeEach(() => {
    app.auditLog.events.length = 0;
    [ran, asked] = [0, []];
  });

  /** The records of the last call, once its response has closed. */
  async function records(): Promise<unknown[]> {
    for (let turns = 0; turns < 200 && app.auditLog.decisions.at(-1)?.type === 'execution.intent'; turns++)
      await new Promise(resolve => setTimeout(resolve, 10));
    return app.auditLog.decisions.map(({ type, outcome, reason, actor_sub }) => [type, outcome, reason, actor_sub]);
  }
  const get = (path: string) =>
    fetch(`${app.url}/${path}`, { headers: { authorization: `Bearer ${world.userToken()}` } });

  it.each([...CASES, ['broken', 'failed', 'http_500'] as const])(
    'an HTTP handler that is %s, has its intent and one outcome with the reason',
    async (path, outcome, reason) => {
      expect((await get(path)).status).toBe(Number(reason.slice(5)));
      expect(await records()).toEqual([
        ['execution.intent', 'started', null, 'alice'],
        ['execution.outcome', outcome, reason, 'alice'],
      ]);
      expect(ran).toBe(0);
    },
  );

  it.each(ERAS.flatMap(era => [...CASES, ['broken', 'failed', 'error'] as const].map(one => [era, ...one] as const)))(
    'a tool that a client of %s calls and that is %s, has its intent and one outcome with the reason',
    async (era, name, outcome, reason) => {
      const client = await connect(app.url, world.userToken(), era);
      expect((await callTool(client, name)).isError).toBe(true);
      await client.close();
      expect(await records()).toEqual([
        ['execution.intent', 'started', null, 'alice'],
        ['execution.outcome', outcome, reason, 'alice'],
      ]);
      expect(ran).toBe(0);
    },
  );

  it('has an outcome where its caller went away before it was decided', async () => {
    let decide = (): void => {};
    decision = new Promise(resolve => (decide = () => resolve(true)));
    const caller = new AbortController();
    const answer = fetch(`${app.url}/denied`, {
      headers: { authorization: `Bearer ${world.userToken()}` },
      signal: caller.signal,
    }).catch(() => 'gone');
    await new Promise(resolve => setTimeout(resolve, 200));
    caller.abort();
    await answer;
    await new Promise(resolve => setTimeout(resolve, 100));
    decide();
    decision = Promise.resolve(true);
    for (let turns = 0; turns < 200 && app.auditLog.events.length < 2; turns++)
      await new Promise(resolve => setTimeout(resolve, 10));
    expect(await records()).toEqual([
      ['execution.intent', 'started', null, 'alice'],
      ['execution.outcome', 'failed', 'aborted', 'alice'],
    ]);
    expect(ran).toBe(0);
  });

  it('has an outcome where a handler never settles and its caller has gone away', async () => {
    const caller = new AbortController();
    const answer = fetch(`${app.url}/never`, {
      headers: { authorization: `Bearer ${world.userToken()}` },
      signal: caller.signal,
    }).catch(() => 'gone');
    for (let turns = 0; turns < 200 && !app.auditLog.events.length; turns++)
      await new Promise(resolve => setTimeout(resolve, 10));
    caller.abort();
    await answer;
    expect(await records()).toEqual([
      ['execution.intent', 'started', null, 'alice'],
      ['execution.outcome', 'failed', 'aborted', 'alice'],
    ]);
  });

  it('is not even asked about while the audit log is down', async () => {
    app.auditLog.broken = true;
    try {
      expect((await get('denied')).status).toBe(503);
      expect(asked).toEqual([]);
    } finally {
      app.auditLog.broken = false;
    }
  });
});
