import { Body, Controller, Headers, Injectable, Post, Query, Req, Res } from '@nestjs/common';
import { IsString } from 'class-validator';
import { Authenticated, EieConfigurationError, Identity } from 'nestjs-eie';
import { EieMcpModule, Prompt, Resource, Tool, ToolCall, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { callTool, connect, startApp, startMcpApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

class Input {
  @IsString()
  id: string;
}

class Unchecked {
  id: string;
}

class HalfChecked {
  @IsString()
  id: string;

  note: string;
}

@Injectable()
@Authenticated()
class LostTools {
  @Tool({ name: 'lost' })
  lost() {}
}

@Injectable()
@Authenticated()
class LostResources {
  @Resource({ uri: 'shop://lost' })
  lost() {}
}

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'status' })
  status(@ToolInput() { id }: Input, @Identity('actor.sub') user: string, @ToolCall() _call: ToolCall, at = 'now') {
    return `${id} of ${user}, ${at}`;
  }
}

/** What a class inherits does not make it a tool class for Nest. */
@Injectable()
class MoreTools extends Tools {}

@ToolController()
@Authenticated()
class UncheckedTools {
  @Tool({ name: 'unchecked' })
  run(@ToolInput() _input: Unchecked) {}
}

@ToolController()
@Authenticated()
class HalfCheckedTools {
  @Tool({ name: 'half' })
  run(@ToolInput() _input: HalfChecked) {}
}

@ToolController()
@Authenticated()
class UncheckedOutput {
  @Tool({ name: 'output', output: Unchecked })
  run() {}
}

@ToolController()
@Authenticated()
class BodyTools {
  @Tool({ name: 'body' })
  run(@Body() _input: Input) {}
}

@ToolController()
@Authenticated()
class QueryTools {
  @Tool({ name: 'query' })
  run(@ToolInput() _input: Input, @Query('id') _id: string) {}
}

@ToolController()
@Authenticated()
class RequestTools {
  @Tool({ name: 'request' })
  run(@Req() _request: object) {}
}

@ToolController()
@Authenticated()
class ResponseTools {
  @Tool({ name: 'response' })
  run(@Res() _response: object) {}
}

@ToolController()
@Authenticated()
class HeaderPrompts {
  @Prompt({ name: 'headers' })
  run(@Headers('x-user') _user: string) {}
}

@ToolController()
@Authenticated()
class BareTools {
  @Tool({ name: 'bare' })
  run(_input: Input) {}
}

@ToolController()
@Authenticated()
class HalfBareTools {
  @Tool({ name: 'half-bare' })
  run(@Identity('actor.sub') _user: string, _input: Input) {}
}

@ToolController()
@Authenticated()
class ForgottenTool {
  run(@ToolInput() _input: Input) {}
}

@Controller('notes')
@Authenticated()
class NotesController {
  @Post()
  add(@ToolInput() _note: Input) {}
}

describe('an application with MCP does not start with', () => {
  let world: World;
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world.close());

  it.each([
    ['a tool outside a tool class', LostTools, /LostTools\.lost has @Tool\(\), .*decorate LostTools with @ToolContr/],
    ['a resource outside a tool class', LostResources, /LostResources\.lost has @Resource\(\), .*@ToolController\(\)/],
    [
      'a tool class that is one by its parent alone',
      MoreTools,
      /MoreTools\.status has @Tool\(\), .*decorate MoreTools/,
    ],
    ['an input without validators', UncheckedTools, /Unchecked has no class-validator decorators.*decorate each of/],
    ['a property without a validator', HalfCheckedTools, /HalfChecked\.note has no class-validator decorator.*decor/],
    ['an output without validators', UncheckedOutput, /UncheckedOutput\.run: "output" .* Unchecked has no class-valid/],
    ['@Body() on a tool', BodyTools, /BodyTools\.run has @Body\(\), which is empty in a tool: use @ToolInput\(\)/],
    ['@Query() beside @ToolInput()', QueryTools, /QueryTools\.run has @Query\(\), .*: use @ToolInput\(\)/],
    ['@Req() on a tool', RequestTools, /RequestTools\.run has @Req\(\), .*: use @Identity\(\)/],
    ['@Res() on a tool', ResponseTools, /ResponseTools\.run has @Res\(\), .*: return the result/],
    ['@Headers() on a prompt', HeaderPrompts, /HeaderPrompts\.run has @Headers\(\), .*: use @Identity\(\)/],
    ['a parameter without a decorator', BareTools, /BareTools\.run: parameter 1 has no decorator.*@ToolInput\(\)/],
    ['one beside a decorated one', HalfBareTools, /HalfBareTools\.run: parameter 2 has no decorator/],
    ['an input of a method that is no tool', ForgottenTool, /ForgottenTool\.run .* is no tool.*decorate .*@Tool\(/],
  ])('%s', async (_what, tools, problem) => {
    const boot = startMcpApp(world, { providers: [tools] });
    await expect(boot).rejects.toThrow(problem);
    await expect(boot).rejects.toBeInstanceOf(EieConfigurationError);
  });

  it('the input of a tool on an HTTP handler', async () => {
    const boot = startMcpApp(world, { controllers: [NotesController] });
    await expect(boot).rejects.toThrow(/NotesController\.add .*@ToolInput\(\) and is no tool.*use @Body\(\)/);
  });

  it('EieMcpModule without options', async () => {
    await expect(startApp(world, { imports: [EieMcpModule] })).rejects.toThrow(
      /EieMcpModule is imported without options: import EieMcpModule\.register\(/,
    );
  });
});

describe('a tool whose parameters are all filled', () => {
  let world: World;
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world.close());

  it('boots and answers, with a default value for what nobody gives', async () => {
    const shop = await startMcpApp(world, { providers: [Tools] });
    const client = await connect(shop.url, world.userToken());
    expect((await callTool(client, 'status', { id: '1' })).text).toBe('1 of alice, now');
    await client.close();
    await shop.close();
  });
});
