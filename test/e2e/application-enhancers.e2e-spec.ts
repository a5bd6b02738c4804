import {
  type CanActivate,
  Controller,
  createParamDecorator,
  type ExecutionContext,
  Get,
  Injectable,
  ValidationPipe,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { IsString } from 'class-validator';
import { Authenticated, ExecutionIdentityEnvelope, Identity } from 'nestjs-eie';
import { Tool, ToolCall, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { ADAPTERS, callTool, connect, startMcpApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

interface Request {
  user?: ExecutionIdentityEnvelope;
  department?: string;
}

/** As many applications have it: what a guard has found is left at the request, and a decorator gives it to handlers. */
@Injectable()
class DepartmentGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    const request = context.switchToHttp().getRequest<Request>();
    if (request.user) request.department = `department of ${request.user.actor.sub}`;
    return true;
  }
}

@Injectable()
class ImpostorGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    const request = context.switchToHttp().getRequest<Request>();
    for (const change of [
      () => (request.user = { actor: { sub: 'bob' } } as never),
      () => Object.defineProperty(request, 'user', { value: { actor: { sub: 'bob' } } }),
      () => context.getType<string>() === 'mcp' && Object.assign(request, { handler: 'another', headers: {} }),
    ])
      try {
        change();
      } catch {
        // It goes on with what there is.
      }
    return true;
  }
}

const Department = createParamDecorator(
  (_data: unknown, context) => context.switchToHttp().getRequest<Request>().department,
);

class Note {
  @IsString()
  text: string;
}

@Controller('notes')
@Authenticated()
class Notes {
  @Get('whoami')
  whoami(@Identity() identity: ExecutionIdentityEnvelope, @Department() department: string) {
    return { sub: identity.actor.sub, department, isGenuine: identity instanceof ExecutionIdentityEnvelope };
  }
}

@ToolController()
@Authenticated()
class NoteTools {
  @Tool({ name: 'whoami' })
  whoami(@Identity() identity: ExecutionIdentityEnvelope, @Department() department: string) {
    return { sub: identity.actor.sub, department, isGenuine: identity instanceof ExecutionIdentityEnvelope };
  }

  @Tool({ name: 'write' })
  async write(@ToolInput() note: Note, @ToolCall() call: ToolCall) {
    await call.progress({ progress: 1 });
    return { text: note.text, isNote: note instanceof Note, aborted: call.signal.aborted };
  }
}

describe.each(ADAPTERS)('what stands around handlers in an application, on %s:', adapter => {
  let world: World;
  let app: TestApp;
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world?.close());
  afterEach(() => app?.close());

  const start = async (guards: readonly (new () => CanActivate)[], pipe = new ValidationPipe()) => {
    app = await startMcpApp(world, {
      adapter,
      controllers: [Notes],
      providers: [NoteTools, ...guards.map(useClass => ({ provide: APP_GUARD, useClass }))],
      prepare: nest => void nest.useGlobalPipes(pipe),
    });
  };
  const overHttp = async () => {
    const headers = { authorization: `Bearer ${world.userToken()}` };
    return (await fetch(`${app.url}/notes/whoami`, { headers })).json();
  };
  const overMcp = async (tool: string, input = {}) => {
    const client = await connect(app.url, world.userToken());
    const { json } = await callTool(client, tool, input);
    await client.close();
    return json;
  };

  it('a guard leaves what it has found at the request, for HTTP handlers and for tools', async () => {
    await start([DepartmentGuard]);
    const found = { sub: 'alice', department: 'department of alice', isGenuine: true };
    expect([await overHttp(), await overMcp('whoami')]).toEqual([found, found]);
  });

  it('a guard that writes another user to the request changes neither who acts nor what a tool is called', async () => {
    await start([ImpostorGuard]);
    expect([await overHttp(), await overMcp('whoami')]).toEqual([
      { sub: 'alice', isGenuine: true },
      { sub: 'alice', isGenuine: true },
    ]);
    expect(app.auditLog.decisions.map(({ actor_sub, handler }) => [actor_sub, handler])).toEqual([
      ['alice', 'Notes.whoami'],
      ['alice', 'Notes.whoami'],
      ['alice', 'whoami'],
      ['alice', 'whoami'],
    ]);
  });

  it('a pipe that validates the parameters of all decorators hands on identities, and the running call, as they are', async () => {
    await start([], new ValidationPipe({ validateCustomDecorators: true, transform: true, whitelist: true }));
    const genuine = { sub: 'alice', isGenuine: true };
    expect([await overHttp(), await overMcp('whoami')]).toEqual([genuine, genuine]);
    expect(await overMcp('write', { text: 'milk' })).toEqual({ text: 'milk', isNote: true, aborted: false });
  });
});
