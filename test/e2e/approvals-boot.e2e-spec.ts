import { Controller, Get } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsInt, IsString, ValidateNested } from 'class-validator';
import { Authenticated, EieConfigurationError, Posture, Public, RequireApproval } from 'nestjs-eie';
import { Prompt, Resource, Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { startMcpApp } from '../support/app.js';
import { startReceiver, trust } from '../support/receiver-app.js';
import { ORDERS, startWorld, type World } from '../support/world.js';

const reason = 'Money leaves the shop.';

class NestedBank {
  @IsString()
  iban: string;
}

class Transfer {
  @IsInt()
  amount: number;

  @ValidateNested()
  @Type(() => NestedBank)
  bank: NestedBank;
}

const toolShowing = (...show: string[]) => {
  @ToolController()
  @Authenticated()
  class Showing {
    @Tool({ name: 'transfer' })
    @RequireApproval({ reason, show })
    transfer(@ToolInput() _input: Transfer) {}
  }
  return Showing;
};

@ToolController()
@Authenticated()
class OnResource {
  @Resource({ uri: 'shop://profile' })
  @RequireApproval({ reason })
  profile() {}
}

@ToolController()
@Authenticated()
class OnPrompt {
  @Prompt({ name: 'summary' })
  @RequireApproval({ reason })
  summary() {}
}

@ToolController()
@Authenticated()
class Twice {
  @Tool({ name: 'close' })
  @RequireApproval({ reason })
  @RequireApproval({ reason, by: 'another' })
  close() {}
}

@ToolController()
class WithoutPolicy {
  @Tool({ name: 'close' })
  @RequireApproval({ reason })
  close() {}
}

@Controller('close')
@Authenticated()
class OnHttp {
  @Get()
  @RequireApproval({ reason })
  close() {}
}

@Controller('close')
@Authenticated()
class Showing {
  @Get()
  @RequireApproval({ reason, show: ['amount'] })
  close() {}
}

@Controller('close')
class Open {
  @Get()
  @Public({ reason: 'Anybody may close.' })
  @RequireApproval({ reason })
  close() {}
}

describe('@RequireApproval() at boot', () => {
  let world: World;
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world?.close());

  it.each<[what: string, type: new () => object, message: RegExp]>([
    ['a field that the input does not have', toolShowing('amount', 'iban'), /shows "iban", which is no field/],
    ['a field of a nested class that it does not have', toolShowing('bank.bic'), /shows "bank.bic", which is no field/],
    ['a field that every object has', toolShowing('constructor'), /shows "constructor", which is no field/],
    ['nothing of the input', toolShowing(), /shows nothing of the input/],
    ['a resource', OnResource, /OnResource.profile has @RequireApproval\(\), which works on methods with @Tool\(\)/],
    ['a prompt', OnPrompt, /OnPrompt.summary has @RequireApproval\(\), which works on methods with @Tool\(\)/],
    ['a tool that has it twice', Twice, /Twice.close has @RequireApproval\(\) twice/],
    ['a tool that has no identity policy beside it', WithoutPolicy, /WithoutPolicy.close has no identity policy/],
  ])('refuses %s', async (_what, type, text) => {
    const started = startMcpApp(world, { providers: [type] });
    await expect(started).rejects.toThrow(EieConfigurationError);
    await expect(started).rejects.toThrow(text);
  });

  it('refuses an HTTP handler, where nobody can be asked', async () => {
    await expect(startMcpApp(world, { controllers: [OnHttp] })).rejects.toThrow(
      /OnHttp.close has @RequireApproval\(\)/,
    );
  });

  describe('of a receiver', () => {
    const boot = (controller: new () => object, singleUse: boolean) =>
      startReceiver(world, {
        service: 'orders_api',
        resource: ORDERS,
        controllers: [controller],
        options: { trust: { ...trust(world), singleUse } },
      });

    it('demands on a handler the approval that the Txn-Token carries, and its posture says so', async () => {
      const { app, close } = await boot(OnHttp, true);
      expect(app.get(Posture).document.handlers.find(({ method }) => method === 'OnHttp.close')?.requirements).toEqual([
        { kind: 'authenticated' },
        { kind: 'approval', reason, show: [], by: 'client' },
      ]);
      await close();
    });

    it.each<[what: string, controller: new () => object, singleUse: boolean, message: RegExp]>([
      ['where one approval could come many times', OnHttp, false, /OnHttp.close has .* "trust: { singleUse: true }"/],
      ['that shows fields, where nobody is asked', Showing, true, /Showing.close has @RequireApproval\({ show }\)/],
      ['on what anybody may call', Open, true, /Open.close is @Public\(\) and has @RequireApproval\(\)/],
    ])('refuses one %s', async (_what, controller, singleUse, text) => {
      await expect(boot(controller, singleUse)).rejects.toThrow(text);
    });
  });

  it('takes fields of the input and of what is nested in it', async () => {
    await (await startMcpApp(world, { providers: [toolShowing('amount', 'bank.iban', 'bank')] })).close();
  });

  it('refuses a decorator without a reason at once', () => {
    expect(() => RequireApproval({ reason: '' })).toThrow(TypeError);
  });
});
