import { type CanActivate, Controller, type ExecutionContext, Injectable, Module } from '@nestjs/common';
import { DiscoveryModule, NestFactory } from '@nestjs/core';
import { ClientProxyFactory, type MicroserviceOptions, MessagePattern, Transport } from '@nestjs/microservices';
import { DelegationService, EieModule, Unmanaged } from 'nestjs-eie';
import { firstValueFrom, timeout } from 'rxjs';
import { Intruder } from '../../support/intruder.js';
import { tokensWithin } from '../../support/reachable.js';
import { accountOptions } from '../accounts.js';
import { type Application, type Attack } from '../application.js';

let port = 0;

interface Message {
  readonly key?: string;
  readonly identity?: object;
}

@Injectable()
class KeyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToRpc().getData<Message>().key === 'key-of-the-warehouse';
  }
}

@Controller()
@Unmanaged(KeyGuard, { reason: 'The warehouse sends a shared key in each message.' })
class StockController {
  constructor(private readonly delegation: DelegationService) {}

  @MessagePattern('reserve')
  reserve() {
    return 'reserved';
  }

  /** A colleague hands the identity on as a message: it is only data then. */
  @MessagePattern('for-user')
  async forUser({ identity }: Message) {
    return (await this.delegation.for(identity as never, 'orders_api')('/orders')).text();
  }
}

async function message(pattern: string, data: Message): Promise<string> {
  const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
  try {
    return String(await firstValueFrom(client.send<string>(pattern, data).pipe(timeout(20_000))));
  } catch {
    return 'refused';
  } finally {
    await client.close();
  }
}

const KEY = { key: 'key-of-the-warehouse' };
const IDENTITY = { actor: { type: 'user', sub: 'alice' }, delegation: { allowed: ['orders_api'] } };

export const application: Application = {
  name: 'a microservice without HTTP',
  transport: 'none',
  async start(stage) {
    @Module({
      imports: [DiscoveryModule, EieModule.forRoot({ ...accountOptions(stage), targets: {} })],
      controllers: [StockController],
      providers: [Intruder],
    })
    class StockModule {}
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(StockModule, {
      logger: false,
      abortOnError: false,
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: 0 },
    });
    await app.listen();
    port = app.unwrap<{ address(): { port: number } }>().address().port;
    return { app: app as never, url: '', send: () => Promise.reject(new Error('nothing is served by HTTP')) };
  },
  legitimate: () => [
    {
      name: 'the warehouse reserves',
      async run() {
        const answer = await message('reserve', KEY);
        if (answer !== 'reserved') throw new Error(answer);
      },
    },
  ],
  attacks({ app }, { api, auditLog, world }): Attack[] {
    const nothingSent = (promise: Attack['promise'], name: string, identity: object): Attack => ({
      promise,
      name,
      async run() {
        const [sent, records] = [api.requests.length, auditLog.events.length];
        const answer = await message('for-user', { ...KEY, identity });
        const [record] = auditLog.events.slice(records);
        const isRefused = answer === 'refused' && api.requests.length === sent && record?.reason === 'identity_forged';
        return isRefused ? undefined : `${answer}, ${record?.reason}`;
      },
    });
    return [
      {
        promise: 3,
        name: 'anybody reserves',
        async run() {
          const answers = [await message('reserve', {}), await message('reserve', { key: world.userToken() })];
          return answers.find(answer => answer !== 'refused');
        },
      },
      nothingSent(2, 'a message names the user to act for', IDENTITY),
      nothingSent(4, 'a message brings an identity with more rights', {
        ...IDENTITY,
        authorization: { scopes: ['orders:write'] },
      }),
      nothingSent(5, 'a call in an identity from a message leaves no record', {}),
      {
        promise: 1,
        name: 'a provider holds a key',
        run: async () => tokensWithin(app.get(Intruder).roots(), [world.serverKey.d as string])[0],
      },
    ];
  },
};
