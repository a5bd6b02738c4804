import { type ExecutionContext, Injectable, type NestInterceptor, type CallHandler } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Ctx, Payload } from '@nestjs/microservices';
import { type McpContext, McpController, Tool, ToolScopes } from '@rekog/mcp-nest';
import { Authenticated, DataSubject, Delegated, type DelegatedFetch, Identity } from 'nestjs-eie';
import { z } from 'zod';
import { startMcpNest } from '../../mcp-nest/mcp-nest-app.js';
import { accountOptions, AccountsController } from '../accounts.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { callByHand, sendTo, unmoved, viewsOf } from '../parts.js';

let stage: Stage;

@Injectable()
class TimingInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    if (context.getType() === 'rpc')
      stage.see(
        'by an interceptor of a tool of mcp-nest',
        viewsOf(context.switchToRpc().getContext<McpContext>().getRawRequest()!),
      );
    return next.handle();
  }
}

@McpController()
@Authenticated()
class ShopTools {
  @Tool({ name: 'whoami', description: 'Who is it?', parameters: z.object({}).strict() })
  whoami(@Ctx() context: McpContext, @Identity('actor.sub') user: string) {
    stage.see('by a tool of mcp-nest', viewsOf(context.getRawRequest()!));
    return { content: [{ type: 'text', text: user }] };
  }

  @Tool({ name: 'balance', description: 'The balance' })
  @ToolScopes(['billing:read'])
  balance(@Identity('actor.sub') user: string) {
    return `balance of ${user}`;
  }

  @Tool({ name: 'ask', description: 'Asks an API' })
  ask(@Delegated('orders_api') orders: DelegatedFetch) {
    return orders.json('/question');
  }

  @Tool({ name: 'find', description: 'Finds', parameters: z.object({ user_id: z.string() }) })
  @DataSubject({ fields: ['user_id'], reason: 'Whom the search is about.' })
  find(@Payload() { user_id }: { user_id: string }, @Identity('actor.sub') user: string) {
    return `found for ${user}, asked for ${user_id}`;
  }
}

export const application: Application = {
  name: 'a server that was written for @rekog/mcp-nest',
  async start(given) {
    stage = given;
    const { app, url } = await startMcpNest(stage.world, {
      adapter: stage.adapter,
      controllers: [AccountsController, ShopTools],
      providers: [{ provide: APP_INTERCEPTOR, useClass: TimingInterceptor }],
      options: accountOptions(stage),
    });
    return { app, url, send: sendTo(url) };
  },
  legitimate: accountCalls,
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    unmoved(
      2,
      'an input names the user to act for',
      () => callByHand(running.send, given.world.userToken(), 'find', { input: { user_id: 'bob' } }),
      'found for alice, asked for bob',
      'found for bob',
    ),
  ],
};
