import { Body, Controller, Get, Post, type Type } from '@nestjs/common';
import {
  Authenticated,
  Delegated,
  type DelegatedFetch,
  EieConfigurationError,
  type ExecutionIdentityEnvelope,
  Identity,
  Public,
  RequireScopes,
} from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { startMcpApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

const reason = 'a reason that is long enough';

@ToolController()
class Forgotten {
  @Tool({ name: 'forgotten' })
  forgotten() {}
}

@ToolController()
class OneOfTwo {
  @Tool({ name: 'guarded' })
  @Authenticated()
  guarded() {}

  @Tool({ name: 'forgotten' })
  forgotten() {}
}

@ToolController()
class Open {
  @Tool({ name: 'open' })
  @Public({ reason })
  open() {}
}

@ToolController()
class OpenAndGuarded {
  @Tool({ name: 'open' })
  @RequireScopes('orders:read')
  @Public({ reason })
  open() {}
}

@ToolController()
class Untyped {
  @Tool({ name: 'untyped' })
  @Authenticated()
  untyped(@ToolInput() _input: object) {}
}

@ToolController()
class Namesakes {
  @Tool({ name: 'same' })
  @Authenticated()
  one() {}

  @Tool({ name: 'same' })
  @Authenticated()
  other() {}
}

@Controller()
class ForgottenHandler {
  @Get()
  forgotten() {}
}

@Controller()
class Contradiction {
  @Post()
  @Public({ reason })
  @Authenticated()
  both(@Body() _body: unknown) {}
}

@Authenticated()
@Controller()
class ContradictsItsClass {
  @Get()
  @Public({ reason })
  open() {}
}

@Controller()
class PublicWithIdentity {
  @Get()
  @Public({ reason })
  open(@Identity() _identity: ExecutionIdentityEnvelope) {}
}

@Controller()
class PublicWithTarget {
  @Get()
  @Public({ reason })
  open(@Delegated('orders_api') _orders: DelegatedFetch) {}
}

// The checks at boot know no adapter.
describe.each(['fastify'] as const)('on %s', adapter => {
  let world: World;
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world.close());

  const boot = (setup: { providers?: Type[]; controllers?: Type[] }) => startMcpApp(world, { adapter, ...setup });

  it.each([
    [
      'a tool without a policy',
      Forgotten,
      /Forgotten\.forgotten has no identity policy: decorate it with @RequireScopes\(\)/,
    ],
    ['one tool without a policy among others', OneOfTwo, /OneOfTwo\.forgotten has no identity policy/],
    ['a public tool', Open, /Open\.open is a tool and cannot be @Public\(\)/],
    ['a public tool with a requirement', OpenAndGuarded, /OpenAndGuarded\.open is @Public\(\) and has a requirement/],
    [
      'a tool whose input has no class to check it',
      Untyped,
      /Untyped\.untyped: the type of its @ToolInput\(\) must be a class/,
    ],
    ['two tools of one name', Namesakes, /another tool is named "same"/],
  ])('%s stops the boot', async (_what, tools, message) => {
    await expect(boot({ providers: [tools] })).rejects.toThrow(message);
    await expect(boot({ providers: [tools] })).rejects.toBeInstanceOf(EieConfigurationError);
  });

  it.each([
    [
      'an HTTP handler without a policy',
      ForgottenHandler,
      /ForgottenHandler\.forgotten has no identity policy: .* or @Public\(\{ reason \}\)/,
    ],
    ['a public handler with a requirement', Contradiction, /Contradiction\.both is @Public\(\) and has a requirement/],
    [
      'a public handler of a class with a requirement',
      ContradictsItsClass,
      /ContradictsItsClass\.open is @Public\(\) and has a requirement/,
    ],
    [
      'a public handler with an identity',
      PublicWithIdentity,
      /PublicWithIdentity\.open is @Public\(\) and uses an identity/,
    ],
    [
      'a public handler with a delegated fetch',
      PublicWithTarget,
      /PublicWithTarget\.open is @Public\(\) and uses an identity/,
    ],
  ])('%s stops the boot', async (_what, controller, message) => {
    await expect(boot({ controllers: [controller] })).rejects.toThrow(message);
  });

  it('the message names every handler at fault, so that one boot is enough to find them', async () => {
    const refused = boot({ providers: [Forgotten, Open] });
    await expect(refused).rejects.toThrow(/Forgotten\.forgotten/);
    await expect(boot({ providers: [Forgotten, Open] })).rejects.toThrow(/Open\.open/);
  });
});
