import { type CanActivate, Controller, type ExecutionContext, Get, Injectable } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ClientProxyFactory, EventPattern, MessagePattern, Transport } from '@nestjs/microservices';
import { Authenticated, Unmanaged } from 'nestjs-eie';
import { firstValueFrom, timeout } from 'rxjs';
import { startAccounts } from '../accounts.js';
import { type Application, type Running, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, viewsOf } from '../parts.js';

let stage: Stage;
let port = 0;
let events: unknown[] = [];

interface Message {
  readonly key?: string;
}

@Injectable()
class SharedKeyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToRpc().getData<Message | undefined>()?.key === 'key-of-the-warehouse';
  }
}

/** Global, and by `inheritAppConfig` for messages too. */
@Injectable()
class LoggingGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    stage.see(`by a global guard, of ${context.getType()}`, viewsOf(context.getArgByIndex<object>(0)));
    return true;
  }
}

@Controller('stock')
class StockController {
  @Get()
  @Authenticated()
  read() {
    return 'stock over HTTP';
  }

  @MessagePattern('stock.reserve')
  @Unmanaged(SharedKeyGuard, { reason: 'The warehouse sends a shared key in each message.' })
  reserve() {
    return 'reserved';
  }

  @EventPattern('stock.counted')
  @Unmanaged(SharedKeyGuard, { reason: 'The warehouse sends a shared key in each message.' })
  counted(message: Message) {
    events.push(message);
  }
}

async function message(pattern: string, data: Message): Promise<string> {
  const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
  try {
    return String(await firstValueFrom(client.send<string>(pattern, data).pipe(timeout(20_000))));
  } catch (error) {
    return `refused: ${JSON.stringify(error)}`;
  } finally {
    await client.close();
  }
}

/** With the global guards for messages too, and without: the guard of `@Unmanaged()` must run in both. */
async function start(given: Stage): Promise<Running> {
  stage = given;
  events = [];
  const running = await startAccounts(stage, {
    controllers: [StockController],
    providers: [{ provide: APP_GUARD, useClass: LoggingGuard }],
    prepare: app =>
      void app.connectMicroservice(
        { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } },
        { inheritAppConfig: stage.adapter === 'express' },
      ),
  });
  const [microservice] = await running.app.startAllMicroservices().then(app => app.getMicroservices());
  port = (microservice as unknown as { unwrap(): { address(): { port: number } } }).unwrap().address().port;
  return running;
}

export const application: Application = {
  name: 'a hybrid application whose messages have an authentication of their own',
  start,
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    answers('a user reads the stock', () => running.send('/stock', bearer(given.world.userToken())), 'stock over HTTP'),
    {
      name: 'the warehouse reserves',
      async run() {
        const answer = await message('stock.reserve', { key: 'key-of-the-warehouse' });
        if (answer !== 'reserved') throw new Error(answer);
      },
    },
  ],
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    ...[{}, { key: 'another' }, { key: given.world.userToken() }].map(data => ({
      promise: 3 as const,
      name: `a message with ${JSON.stringify(data).slice(0, 20)} reserves`,
      async run() {
        const answer = await message('stock.reserve', data);
        return answer === 'reserved' ? answer : undefined;
      },
    })),
    {
      promise: 3,
      name: 'an event without the key is handled',
      async run() {
        await message('stock.counted', {});
        return events.length ? 'it was' : undefined;
      },
    },
  ],
};
