import { CacheInterceptor, CacheKey, CacheModule } from '@nestjs/cache-manager';
import { Controller, type ExecutionContext, Get, Injectable, Post, type Type, UseInterceptors } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Authenticated, type ExecutionIdentityEnvelope, Identity, Public } from 'nestjs-eie';
import { ADAPTERS, type AppSetup, startApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

/** As docs/decorators.md has it. */
@Injectable()
class PersonalCache extends CacheInterceptor {
  protected override trackBy(context: ExecutionContext): string | undefined {
    const { user } = context.switchToHttp().getRequest<{ user?: ExecutionIdentityEnvelope }>();
    const key = super.trackBy(context) as string | undefined;
    return key && user && JSON.stringify([user.actor.issuer, user.actor.tenant, user.actor.sub, key]);
  }
}

@Injectable()
class CatalogueCache extends CacheInterceptor {
  protected override trackBy(context: ExecutionContext) {
    return super.trackBy(context);
  }
}

@Injectable()
class QuietCache extends CacheInterceptor {}

/** A controller at /accounts whose answers name their user. */
function accounts(name: string, cache: Type<CacheInterceptor>): Type {
  const type = {
    [name]: class {
      mine(user: string) {
        return user;
      }
    },
  }[name]!;
  const method = Object.getOwnPropertyDescriptor(type.prototype, 'mine')!;
  Get('mine')(type.prototype, 'mine', method);
  Authenticated()(type.prototype, 'mine', method);
  Identity('actor.sub')(type.prototype, 'mine', 0);
  UseInterceptors(cache)(type);
  Controller('accounts')(type);
  return type;
}

@Controller('mixed')
class MixedController {
  @Get()
  @Authenticated()
  list() {
    return 'all';
  }

  @Get('page')
  @Public({ reason: 'The page is for everybody.' })
  page() {
    return 'page';
  }

  @Post()
  @Authenticated()
  add() {
    return 'added';
  }

  @Post('search')
  @Authenticated()
  @CacheKey('search')
  search() {
    return 'found';
  }

  @Get('personal')
  @Authenticated()
  @CacheKey(context => context.switchToHttp().getRequest<{ user: ExecutionIdentityEnvelope }>().user.actor.sub)
  personal() {
    return 'mine';
  }
}

describe('the log of an application says at boot that a cache hands the answer of one user to another', () => {
  let world: World;
  let app: TestApp | undefined;
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world.close());
  afterEach(() => app?.close());

  /** What it says of the cache. */
  async function start(setup: AppSetup): Promise<string[]> {
    const lines: string[] = [];
    const diagnostics = { report: ({ message }: { message: string }) => void lines.push(message) };
    app = await startApp(world, { imports: [CacheModule.register()], ...setup, options: { ports: { diagnostics } } });
    return lines.filter(line => line.includes('CacheInterceptor'));
  }
  const mine = (sub: string) =>
    fetch(`${app!.url}/accounts/mine`, { headers: { authorization: `Bearer ${world.userToken({ sub })}` } });

  it.each(ADAPTERS)('where an interceptor keeps it by its URL, and that is what it does, on %s', async adapter => {
    const lines = await start({ adapter, controllers: [accounts('SharedController', CacheInterceptor)] });
    expect(lines).toEqual([
      expect.stringMatching(/^SharedController\.mine: CacheInterceptor keeps its answer by the URL or the key alone/),
    ]);
    expect(await (await mine('alice')).text()).toBe('alice');
    expect(await (await mine('bob')).text()).toBe('alice');
  });

  it('where a class of the application extends it and tells nobody apart', async () => {
    expect(await start({ controllers: [accounts('QuietController', QuietCache)] })).toHaveLength(1);
  });

  it('and names each handler of a global one, but what is public, has a key of its own or is no query', async () => {
    const global = { provide: APP_INTERCEPTOR, useClass: CacheInterceptor };
    const [line, ...others] = await start({ controllers: [MixedController], providers: [global] });
    expect(line).toMatch(/^MixedController\.list, MixedController\.search: CacheInterceptor keeps their answers/);
    expect(others).toEqual([]);
  });

  it('and nothing where trackBy() names the user, who then gets their own, or says that it is meant for all', async () => {
    expect(await start({ controllers: [accounts('PersonalController', PersonalCache)] })).toEqual([]);
    for (const user of ['alice', 'bob', 'alice']) expect(await (await mine(user)).text()).toBe(user);
    await app!.close();
    expect(await start({ controllers: [accounts('CatalogueController', CatalogueCache)] })).toEqual([]);
  });
});
