import { Controller, Get } from '@nestjs/common';
import { Authenticated, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { callTool, connect } from '../../support/app.js';
import { type Application } from '../application.js';
import { startAccounts } from '../accounts.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, refused } from '../parts.js';

/** A decorator as teams write it for timing: another function, and no metadata. */
const Timed = (): MethodDecorator => (_target, _key, descriptor) => {
  const method = descriptor as { value?: unknown };
  const original = method.value as (...args: unknown[]) => unknown;
  const timed = function (this: unknown, ...args: unknown[]) {
    return original.apply(this, args);
  };
  // Nest must still find the route and the tool.
  for (const key of Reflect.getMetadataKeys(original) as string[])
    if (!String(key).startsWith('eie:')) Reflect.defineMetadata(key, Reflect.getMetadata(key, original), timed);
  method.value = timed;
};

@Controller('admin')
@Authenticated()
class AdminController {
  constructor() {
    this.bound = this.bound.bind(this);
  }

  @Timed()
  @Get('wrapped')
  @RequireScopes('ledger:write')
  wrapped() {
    return 'done';
  }

  @Get('bound')
  @RequireScopes('ledger:write')
  bound() {
    return 'done';
  }
}

@Controller('heir')
@Authenticated()
class BaseController {
  @Get('overridden')
  @RequireScopes('ledger:write')
  overridden() {
    return 'base';
  }
}

@Controller('heir')
class OverridingController extends BaseController {
  @Get('overridden')
  override overridden() {
    return 'done';
  }
}

@ToolController()
@Authenticated()
class AdminTools {
  constructor() {
    this.bound = this.bound.bind(this);
  }

  @Timed()
  @Tool({ name: 'wrapped' })
  @RequireScopes('ledger:write')
  wrapped() {
    return 'done';
  }

  @Tool({ name: 'bound' })
  @RequireScopes('ledger:write')
  bound() {
    return 'done';
  }
}

class Purging {
  @Get('purge')
  @RequireScopes('ledger:write')
  purge() {
    return 'done';
  }

  @Tool({ name: 'purge' })
  @RequireScopes('ledger:write')
  purgeTool() {
    return 'done';
  }
}

/** As the TypeScript handbook mixes classes. */
function mix(target: object, ...methods: (keyof Purging)[]): void {
  for (const method of methods)
    Object.defineProperty(target, method, Object.getOwnPropertyDescriptor(Purging.prototype, method)!);
}
mix(AdminController.prototype, 'purge');
mix(AdminTools.prototype, 'purgeTool');

const PATHS = ['/admin/wrapped', '/admin/bound', '/admin/purge', '/heir/overridden'];
const TOOLS = ['wrapped', 'bound', 'purge'];

export const application: Application = {
  name: 'handlers that are wrapped, bound and overridden, beside a class-level policy',
  start: stage =>
    startAccounts(stage, { controllers: [AdminController, OverridingController], providers: [AdminTools] }),
  legitimate: (running, stage) => [
    ...accountCalls(running, stage),
    ...PATHS.map(path =>
      answers(
        `an administrator calls ${path}`,
        () => running.send(path, bearer(stage.world.userToken({ scope: 'ledger:write' }))),
        'done',
      ),
    ),
    ...TOOLS.map(name => ({
      name: `an administrator calls the tool ${name}`,
      async run() {
        const client = await connect(running.url, stage.world.userToken({ scope: 'ledger:write' }));
        const { text } = await callTool(client, name);
        await client.close();
        if (text !== 'done') throw new Error(text);
      },
    })),
  ],
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    ...PATHS.map(path =>
      refused(3, `a user without the scope calls ${path}`, () => running.send(path, bearer(stage.world.userToken()))),
    ),
    ...TOOLS.map(name => ({
      promise: 3 as const,
      name: `a user without the scope calls the tool ${name}`,
      async run() {
        const client = await connect(running.url, stage.world.userToken());
        try {
          const { text, isError } = await callTool(client, name);
          return isError ? undefined : text;
        } catch {
          return undefined;
        } finally {
          await client.close();
        }
      },
    })),
  ],
};
