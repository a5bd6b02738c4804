import { type CanActivate, type ExecutionContext, Injectable, NotFoundException } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { type Client, InsufficientScopeError, ProtocolErrorCode } from '@modelcontextprotocol/client';
import { type GetPromptResult } from '@modelcontextprotocol/server';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { Authenticated, Identity, RequireScopes } from 'nestjs-eie';
import { McpContent, Prompt, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { ADAPTERS, connect, ERAS, startMcpApp, type TestApp } from '../support/app.js';
import { message, send } from '../support/mcp-messages.js';
import { startWorld, type World } from '../support/world.js';

const walked: string[] = [];

@Injectable()
class Walker implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.getType<string>() === 'mcp') walked.push(`guard ${context.getHandler().name}`);
    return true;
  }
}

class Tone {
  @IsIn(['formal', 'plain'])
  tone: string;

  @IsOptional()
  @IsString()
  topic?: string;
}

@ToolController()
@Authenticated()
class Prompts {
  @Prompt({ name: 'greeting', title: 'Greeting', description: 'How to begin a letter' })
  greet(@ToolInput() { tone, topic }: Tone, @Identity('actor.sub') sub: string) {
    return `A ${tone} greeting for ${sub}${topic === undefined ? '' : ` about ${topic}`}`;
  }

  @Prompt({ name: 'dialogue' })
  dialogue() {
    const said = (role: 'user' | 'assistant', text: string) => ({ role, content: { type: 'text' as const, text } });
    return new McpContent<GetPromptResult>({ messages: [said('user', 'Who am I?'), said('assistant', 'A customer.')] });
  }

  @Prompt({ name: 'audit_ledger' })
  @RequireScopes('ledger:read')
  ledger() {
    return 'Audit the ledger.';
  }

  @Prompt({ name: 'missing' })
  missing() {
    throw new NotFoundException('There is no such letter');
  }

  @Prompt({ name: 'crash' })
  crash() {
    throw new Error('database password is hunter2');
  }
}

describe.each(ADAPTERS)('a prompt, on %s', adapter => {
  describe.each(ERAS)('for a client of %s', era => {
    let world: World;
    let app: TestApp;
    let alice: Client;

    beforeAll(async () => {
      world = await startWorld();
      app = await startMcpApp(world, { adapter, providers: [Prompts, { provide: APP_GUARD, useClass: Walker }] });
      alice = await connect(app.url, world.userToken(), era);
    });
    afterAll(async () => {
      await alice?.close();
      await app?.close();
      await world?.close();
    });
    beforeEach(() => {
      walked.length = 0;
      app.auditLog.events.length = 0;
    });

    const get = async (name: string, args?: Record<string, string>) =>
      (await alice.getPrompt({ name, ...(args && { arguments: args }) })).messages;
    const text = (role: string, said: string) => ({ role, content: { type: 'text', text: said } });

    it('is listed with the arguments of its DTO', async () => {
      const { prompts } = await alice.listPrompts();
      expect(prompts.find(({ name }) => name === 'greeting')).toMatchObject({
        title: 'Greeting',
        description: 'How to begin a letter',
        arguments: [
          { name: 'tone', required: true },
          { name: 'topic', required: false },
        ],
      });
    });

    it('runs for its identity, through the guards, and is on the audit log with its intent and its outcome', async () => {
      expect(await get('greeting', { tone: 'plain' })).toEqual([text('user', 'A plain greeting for alice')]);
      expect(walked).toEqual(['guard greet']);
      const [intent, outcome, ...more] = app.auditLog.decisions;
      expect(intent).toMatchObject({
        type: 'execution.intent',
        handler: 'prompt:greeting',
        actor_sub: 'alice',
        agent_id: 'agent-desk-copilot',
        outcome: 'started',
      });
      expect(outcome).toMatchObject({
        type: 'execution.outcome',
        handler: 'prompt:greeting',
        outcome: 'ok',
        envelope_id: intent!.envelope_id,
      });
      expect(more).toEqual([]);
    });

    it('is sent as its author put it', async () => {
      expect(await get('dialogue')).toEqual([text('user', 'Who am I?'), text('assistant', 'A customer.')]);
    });

    it.each([
      ['a wrong value', { tone: 'rude' }, 'tone'],
      ['a missing one', {}, 'tone'],
      ['one that nobody declared', { tone: 'plain', user: 'bob' }, 'user'],
    ])('with %s among its arguments runs nothing, names it, and leaves one record', async (_what, args, name) => {
      await expect(get('greeting', args as Record<string, string>)).rejects.toMatchObject({
        code: ProtocolErrorCode.InvalidParams,
        message: expect.stringMatching(`Input validation error: .*${name}`),
        data: { code: 'input_invalid' },
      });
      expect(walked).toEqual([]);
      expect(app.auditLog.decisions).toEqual([
        expect.objectContaining({
          type: 'input.refused',
          handler: 'prompt:greeting',
          reason: 'input_invalid',
          actor_sub: 'alice',
          outcome: 'refused',
        }),
      ]);
    });

    it('without its scope is a 403 that names it, and one record', async () => {
      const { status, challenge } = await send(
        app.url,
        world.userToken(),
        era,
        message(era, 'prompts/get', { name: 'audit_ledger' }),
      );
      expect(status).toBe(403);
      expect(challenge).toContain('error="insufficient_scope"');
      expect(challenge).toContain('scope="ledger:read"');
      expect(app.auditLog.decisions).toEqual([
        expect.objectContaining({
          type: 'authorization.refused',
          handler: 'prompt:audit_ledger',
          reason: 'insufficient_scope',
          actor_sub: 'alice',
        }),
      ]);
      await expect(get('audit_ledger')).rejects.toThrow(InsufficientScopeError);
      expect(walked).toEqual([]);
    });

    it('says what an HttpException says, and of any other failure only that it happened', async () => {
      await expect(get('missing')).rejects.toMatchObject({
        code: ProtocolErrorCode.InvalidParams,
        message: expect.stringContaining('There is no such letter'),
      });
      await expect(get('crash')).rejects.toMatchObject({
        code: ProtocolErrorCode.InternalError,
        message: expect.not.stringContaining('hunter2'),
      });
      expect(app.auditLog.decisions.map(event => event.reason)).toEqual([null, 'http_404', null, 'error']);
    });
  });
});
