import {
  All,
  Controller,
  Get,
  Module,
  Post,
  Scope,
  type Type,
  UseGuards,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import { Authenticated, DelegatesTo, EieConfigurationError, Public } from 'nestjs-eie';
import { ADAPTERS, type Adapter, startApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

@Controller('open')
class Open {
  @Get('status')
  status() {
    return 'up';
  }

  /** No handler: nothing routes to it. */
  helper() {}
}

@Controller('open')
class AtItsRoot {
  @Get()
  root() {
    return 'root';
  }
}

@Controller('open')
class Deeper {
  @Get('status/secrets')
  deeper() {}
}

@Controller()
class NearlyTheSame {
  @Get('status')
  status() {}
}

@Controller('open')
class EveryMethod {
  @All('status')
  status() {}
}

@Controller(['open', 'closed'])
class OnTwoPaths {
  @Get('status')
  status() {}
}

@Controller('open')
class OfTwoPaths {
  @Get(['status', 'health'])
  status() {
    return 'up';
  }
}

@Controller('open')
class Protected {
  @Get('status')
  @Authenticated()
  status() {
    return 'for somebody';
  }
}

@Controller('open')
class Contradictory {
  @Get('status')
  @Authenticated()
  @Public({ reason: 'Load balancers ask without credentials.' })
  status() {}
}

@Controller('open')
class CallsNobodyKnown {
  @Get('status')
  @Authenticated()
  @DelegatesTo('nobody')
  status() {}
}

class PartnerGuard {
  canActivate() {
    return true;
  }
}

@Controller('partners')
@UseGuards(PartnerGuard)
class OfAGuard {
  @Get()
  list() {
    return [];
  }
}

@Controller('several')
@Authenticated()
class Sound {
  @Get()
  first() {}
}

@Controller('several')
class OneOfSeveral {
  @Get('a')
  @Authenticated()
  first() {}

  @Get('b')
  second() {}

  @Get('c')
  @Authenticated()
  third() {}
}

@Controller({ path: 'scoped', scope: Scope.REQUEST })
class RequestScoped {
  @Post()
  write() {}
}

@Controller({ path: 'open', host: 'admin.shop.test' })
class ForAHost {
  @Get('status')
  secret() {}
}

@Controller({ path: 'open', version: '2' })
class OfAVersion {
  @Get('status')
  secret() {}
}

class Base {
  @Get('inherited')
  inherited() {}
}

@Controller('heir')
class Heir extends Base {}

@Module({ controllers: [RequestScoped] })
class AnotherModule {}

let world: World;

describe('the policies of handlers', () => {
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world.close());

  let app: TestApp | undefined;
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  const reason = 'Load balancers ask without credentials.';
  async function boot(
    controller: Type,
    paths: string[],
    adapter: Adapter = 'express',
    prefix?: string,
  ): Promise<TestApp> {
    const routes = paths.map(path => ({ path, method: 'GET' as const, access: 'public' as const, reason }));
    const prepare = (starting: TestApp['app']): void => void (prefix && starting.setGlobalPrefix(prefix));
    return (app = await startApp(world, {
      adapter,
      controllers: [controller],
      options: { authorization: { routes } },
      prepare,
    }));
  }
  const get = async (path: string): Promise<unknown[]> => {
    const answer = await fetch(app!.url + path);
    return [answer.status, answer.status === 200 && (await answer.text())];
  };

  describe.each(ADAPTERS)('an HTTP handler without a policy, on %s,', adapter => {
    it.each<[string, Type, string[], string | undefined, string]>([
      ['that is a public route', Open, ['/open/status'], undefined, '/open/status'],
      ['at the root of its class', AtItsRoot, ['/open'], undefined, '/open'],
      ['under a global prefix', Open, ['/api/open/status'], 'api', '/api/open/status'],
      ['of several paths that are all public', OfTwoPaths, ['/open/status', '/open/health'], undefined, '/open/health'],
    ])('%s starts, and is served to anybody there', async (_what, controller, paths, prefix, path) => {
      await boot(controller, paths, adapter, prefix);
      expect((await get(path))[0]).toBe(200);
      expect(app!.auditLog.events).toEqual([]);
    });
  });

  describe('an application does not start', () => {
    it.each<[string, Type, string[], string]>([
      ['when nothing is public', Open, [], 'Open.status'],
      ['when another path is public', Open, ['/closed/status'], 'Open.status'],
      ['when only a path below is public', AtItsRoot, ['/open/status'], 'AtItsRoot.root'],
      ['when only a path above is public', Deeper, ['/open/status'], 'Deeper.deeper'],
      ['when a public path ends in the same letters', NearlyTheSame, ['/order-status'], 'NearlyTheSame.status'],
      ['when the handler takes every method', EveryMethod, ['/open/status'], 'EveryMethod.status'],
      ['when one of the paths of its class is not public', OnTwoPaths, ['/open/status'], 'OnTwoPaths.status'],
      ['when one of its own paths is not public', OfTwoPaths, ['/open/health'], 'OfTwoPaths.status'],
      ['when another handler of its class has a policy', OneOfSeveral, [], 'OneOfSeveral.second'],
      ['when its class is made for each request', RequestScoped, ['/open'], 'RequestScoped.write'],
      ['when it is inherited', Heir, [], 'Heir.inherited'],
    ])('%s', async (_when, controller, paths, handler) => {
      const refused: unknown = await boot(controller, paths).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(EieConfigurationError);
      expect((refused as Error).message).toContain(`${handler} has no identity policy`);
      expect((refused as Error).message).toContain('@Public({ reason })');
    });

    it.each<[string, Type, RegExp]>([
      ['contradicts itself', Contradictory, /Contradictory\.status is @Public\(\) and has a requirement/],
      [
        'declares a target that is not configured',
        CallsNobodyKnown,
        /CallsNobodyKnown\.status declares the target "nobody"/,
      ],
    ])('when a handler %s, though its path is public', async (_what, controller, message) => {
      await expect(boot(controller, ['/open/status'])).rejects.toThrow(message);
    });

    it.each([
      ['for another host', ForAHost],
      ['of another version, which a header names', OfAVersion],
    ])('when a public path is that of a handler %s too', async (_which, other) => {
      const booting = startApp(world, {
        controllers: [Open, other],
        options: {
          authorization: { routes: [{ path: '/open/status', method: 'GET', access: 'public', reason }] },
        },
        prepare: starting =>
          void starting.enableVersioning({
            type: VersioningType.HEADER,
            header: 'x-version',
            defaultVersion: VERSION_NEUTRAL,
          }),
      });
      await expect(booting).rejects.toThrow(
        new RegExp(`Open\\.status and ${other.name}\\.secret serve.*@Public\\(\\{ reason \\}\\)`),
      );
    });

    it('and says how a handler keeps the guard that it has', async () => {
      const refused: unknown = await boot(OfAGuard, []).catch((error: unknown) => error);
      expect((refused as Error).message).toContain(
        'or @Unmanaged(PartnerGuard, { reason }) in place of its @UseGuards(PartnerGuard)',
      );
    });

    it('and says of a public path that nobody serves what serves those of main.ts in tests and commands', async () => {
      await expect(boot(Sound, ['/docs/*'])).rejects.toThrow(
        /authorization\.routes\[0\] is GET \/docs\/\*, which neither .+ let "prepare" of startTestApp\(\) do it in tests/,
      );
    });

    it('and names the handlers of every class and module, and what is no handler not', async () => {
      const controllers = [Sound, Open, OneOfSeveral, Heir];
      const refused: unknown = await startApp(world, { controllers, imports: [AnotherModule] }).catch(
        (error: unknown) => error,
      );
      const named = [...(refused as Error).message.matchAll(/(\w+\.\w+) has no identity policy/g)].map(
        ([, name]) => name,
      );
      expect(named.sort()).toEqual(['Heir.inherited', 'OneOfSeveral.second', 'Open.status', 'RequestScoped.write']);
    });
  });

  describe('a handler with a policy', () => {
    it('stays protected on a path that is public', async () => {
      await boot(Protected, ['/open/status']);
      expect((await get('/open/status'))[0]).toBe(401);
      const answer = await fetch(`${app!.url}/open/status`, {
        headers: { authorization: `Bearer ${world.userToken()}` },
      });
      expect([answer.status, await answer.text()]).toEqual([200, 'for somebody']);
    });
  });
});
