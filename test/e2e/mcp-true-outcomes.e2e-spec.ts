import {
  type CanActivate,
  Catch,
  type ExceptionFilter,
  ForbiddenException,
  HttpException,
  Injectable,
  type NestInterceptor,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { Authenticated } from 'nestjs-eie';
import { EieMcpModule, McpContent, Tool, ToolController } from 'nestjs-eie/mcp';
import { EMPTY, of } from 'rxjs';
import { ADAPTERS, ERAS, startApp, type TestApp } from '../support/app.js';
import { message, send } from '../support/mcp-messages.js';
import { startWorld, type World } from '../support/world.js';

const SECRET = 'a text that only the operator may read';
const cycle: Record<string, unknown> = { text: SECRET };
cycle.itself = cycle;
const throwing = (): never => {
  throw new Error(SECRET);
};

let made = 0;
let isDatabaseAway = false;

/** What Nest makes for each call: code of the application, too. */
@Injectable({ scope: Scope.REQUEST })
class Transaction {
  constructor() {
    made++;
    if (isDatabaseAway) throwing();
  }
}

@ToolController()
@Authenticated()
class ToolsOfOneCall {
  constructor(readonly transaction: Transaction) {}

  @Tool({ name: 'scoped' })
  scoped() {
    return 'done';
  }
}

@Injectable()
class AnswersNothing implements NestInterceptor {
  intercept() {
    return EMPTY;
  }
}

@Injectable()
class Denies implements CanActivate {
  canActivate(): boolean {
    throw new ForbiddenException();
  }
}

@Catch()
class AnswersAValue implements ExceptionFilter {
  catch() {
    return 'filtered';
  }
}

@Catch()
class AnswersAnObservable implements ExceptionFilter {
  catch() {
    return of('filtered');
  }
}

@ToolController()
@Authenticated()
class ToolsThatEnd {
  @Tool({ name: 'completes' })
  completes() {
    return EMPTY;
  }

  @Tool({ name: 'intercepted' })
  @UseInterceptors(AnswersNothing)
  intercepted() {
    return 'x';
  }

  @Tool({ name: 'denied' })
  @UseGuards(Denies)
  @UseFilters(AnswersAValue)
  denied() {
    return 'x';
  }

  @Tool({ name: 'filtered' })
  @UseFilters(AnswersAnObservable)
  filtered() {
    throwing();
  }

  @Tool({ name: 'bigint' })
  bigint() {
    return new McpContent({ content: [], structuredContent: { count: 1n } });
  }

  @Tool({ name: 'cycle' })
  cycle() {
    return new McpContent({ content: [{ type: 'text', text: 'x' }], structuredContent: cycle });
  }

  @Tool({ name: 'cause' })
  cause() {
    throw Object.defineProperty(new Error('x'), 'cause', { get: throwing });
  }

  @Tool({ name: 'proxy' })
  proxy() {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- what a library may do
    throw new Proxy({}, { get: throwing, getPrototypeOf: throwing, has: throwing });
  }

  @Tool({ name: 'nothing' })
  nothing() {
    throw new HttpException(undefined as never, 400);
  }

  @Tool({ name: 'cyclic' })
  cyclic() {
    throw new HttpException(cycle, 400);
  }

  @Tool({ name: 'status' })
  status() {
    throw new HttpException(SECRET, 'a b' as never);
  }
}

describe.each(ADAPTERS)('on %s,', adapter => {
  let world: World;
  let app: TestApp;
  beforeAll(async () => {
    world = await startWorld();
    app = await startApp(world, {
      adapter,
      providers: [ToolsThatEnd, ToolsOfOneCall, Transaction],
      imports: [
        EieMcpModule.register({
          path: 'mcp',
          name: 'shop',
          version: '1.0.0',
          sessions: true,
          configure: ({ server }) => {
            server.registerCapabilities({ completions: {} });
            server.setRequestHandler(
              'completion/complete',
              ({ params }) => completions[params.argument.value]!() as never,
            );
          },
        }),
      ],
    });
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });
  beforeEach(() => {
    made = 0;
    isDatabaseAway = app.auditLog.broken = false;
    app.auditLog.events.length = 0;
  });
  const completions: Record<string, () => unknown> = {
    throws: throwing,
    'gives a cycle': () => cycle,
    'gives nothing': () => undefined,
  };
  const executions = () =>
    app.auditLog.events
      .filter(({ type }) => type.startsWith('execution.'))
      .map(({ outcome, reason }) => (reason === null ? outcome : `${outcome}, ${reason}`));

  describe.each(ERAS)('in %s,', era => {
    const call = async (name: string) => {
      const answer = await send(app.url, world.userToken(), era, message(era, 'tools/call', { name, arguments: {} }));
      expect(answer.body).not.toContain(SECRET);
      return answer.messages.at(-1).result as { isError?: boolean; content: { text: string }[] };
    };

    it.each<[tool: string, isError: boolean, text: string, outcome: string]>([
      ['completes', false, '', 'ok'],
      ['intercepted', false, '', 'ok'],
      ['denied', false, 'filtered', 'refused, http_403'],
      ['filtered', false, 'filtered', 'failed, error'],
      ['bigint', true, expect.stringContaining('cannot be written as JSON'), 'failed, result_unserializable'],
      ['cycle', true, expect.stringContaining('cannot be written as JSON'), 'failed, result_unserializable'],
      ['cause', true, 'The tool failed.', 'failed, error'],
      ['proxy', true, 'The tool failed.', 'failed, error'],
      ['nothing', true, 'The tool failed.', 'failed, http_400'],
      ['cyclic', true, 'The tool failed.', 'failed, http_400'],
      ['status', true, 'The tool failed.', 'failed, error'],
    ])('the outcome of the tool "%s" says what its client is told, which is no text of an error', async (...given) => {
      const [tool, isError, text, outcome] = given;
      const result = await call(tool);
      expect([result.isError ?? false, result.content[0]!.text]).toEqual([isError, text]);
      expect(executions()).toEqual(['started', outcome]);
    });

    it('a tool whose objects cannot be made for a call has its intent and its outcome', async () => {
      isDatabaseAway = true;
      expect((await call('scoped')).content[0]!.text).toBe('The tool failed.');
      expect([made, executions()]).toEqual([1, ['started', 'failed, error']]);
    });

    it('a tool with objects of one call runs once for one decision, and is recorded once', async () => {
      expect((await call('scoped')).content[0]!.text).toBe('done');
      expect([made, executions()]).toEqual([1, ['started', 'ok']]);
    });

    it('no object of a call is made while its intent cannot be recorded', async () => {
      app.auditLog.broken = true;
      const answer = await send(app.url, world.userToken(), era, message(era, 'tools/call', { name: 'scoped' }));
      expect([made, answer.body.includes('audit_unavailable')]).toEqual([0, true]);
    });

    it.each([
      ['throws', 'The tool failed.', 'failed, error'],
      ['gives a cycle', expect.stringContaining('cannot be written as JSON'), 'failed, result_unserializable'],
      ['gives nothing', expect.stringContaining('cannot be written as JSON'), 'failed, result_unserializable'],
    ])(
      'a handler of configure() that %s is answered with a fixed text, as its outcome says',
      async (value, text, outcome) => {
        const argument = { name: 'city', value };
        const asked = message(era, 'completion/complete', { ref: { type: 'ref/prompt', name: 'x' }, argument });
        const { messages, body } = await send(app.url, world.userToken(), era, asked);
        expect(messages.at(-1).error).toMatchObject({ code: -32603, message: text });
        expect(body).not.toContain(SECRET);
        expect(executions()).toEqual(['started', outcome]);
      },
    );
  });
});
