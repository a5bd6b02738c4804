import { Controller, Get, Module } from '@nestjs/common';
import { Authenticated, EieConfigurationError } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, startMcpApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

@ToolController()
class Tools {
  @Tool({ name: 'tool' })
  @Authenticated()
  tool() {
    return {};
  }
}

@Module({ controllers: [Tools] })
class Hidden {}

@Controller()
@ToolController()
class Both {
  @Get()
  @Tool({ name: 'both' })
  @Authenticated()
  both() {
    return {};
  }
}

@ToolController()
class Substitute extends Tools {}

describe.each(ADAPTERS)('on %s', adapter => {
  let world: World;
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world.close());

  // Nest itself refuses a class without a route prefix, so that its message comes first.
  it.each([
    ['in the controllers of the root module', { controllers: [Tools] }],
    ['in the controllers of a module somewhere below', { imports: [Hidden] }],
    ['in controllers and providers at once', { controllers: [Tools], providers: [Tools] }],
  ])('a tool class %s stops the boot, and the message names it', async (_where, setup) => {
    await expect(startMcpApp(world, { adapter, ...setup })).rejects.toThrow(
      /"Tools" .* listed in the "controllers" array/,
    );
  });

  it('a tool class that is a controller as well stops the boot, and the message says where it belongs', async () => {
    const boot = startMcpApp(world, { adapter, controllers: [Both] });
    await expect(boot).rejects.toThrow(
      /Both is a @ToolController\(\) and is listed in "controllers".*list it in "providers"/,
    );
    await expect(boot).rejects.toBeInstanceOf(EieConfigurationError);
  });

  it('a tool class that is provided under another name stops the boot too', async () => {
    const boot = startMcpApp(world, { adapter, providers: [{ provide: 'tools', useClass: Tools }] });
    await expect(boot).rejects.toThrow(/Tools is provided under another token than its class/);
  });

  it('a tool class that a factory makes stops the boot, and the message says so', async () => {
    const boot = startMcpApp(world, { adapter, providers: [{ provide: Tools, useFactory: () => new Tools() }] });
    await expect(boot).rejects.toThrow(/Tools is made by a factory.*list the class itself in "providers"/);
  });

  it.each([
    ['made by a factory', { provide: 'tools', useFactory: () => new Tools() }],
    [
      'made by a factory that takes its time',
      { provide: 'tools', useFactory: async () => Promise.resolve(new Tools()) },
    ],
    ['provided as a value', { provide: 'tools', useValue: new Tools() }],
  ])(
    'a tool class that is %s under another name stops the boot, and the message names the class',
    async (how, provider) => {
      const boot = startMcpApp(world, { adapter, providers: [provider] });
      await expect(boot).rejects.toThrow(
        new RegExp(`Tools is ${how.split(' that')[0]}.*list the class itself in "providers"`),
      );
    },
  );

  it('a tool class that stands in providers under its own name and under another one stops the boot, and the message says which is wrong', async () => {
    const boot = startMcpApp(world, { adapter, providers: [Tools, { provide: 'tools', useClass: Tools }] });
    await expect(boot).rejects.toThrow(/Tools is provided under another token than its class/);
  });

  it('a tool class with an alias boots', async () => {
    const shop = await startMcpApp(world, { adapter, providers: [Tools, { provide: 'tools', useExisting: Tools }] });
    await shop.close();
  });

  it('a tool class whose place another class takes stops the boot', async () => {
    const boot = startMcpApp(world, { adapter, providers: [{ provide: Tools, useClass: Substitute }] });
    await expect(boot).rejects.toThrow(/Substitute is provided under another token than its class/);
  });

  it('a tool class in providers boots', async () => {
    const shop = await startMcpApp(world, { adapter, providers: [Tools] });
    await shop.close();
  });
});
