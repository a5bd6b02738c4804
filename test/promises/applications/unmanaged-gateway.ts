import { once } from 'node:events';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { type OnGatewayConnection, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Unmanaged } from 'nestjs-eie';
import { WebSocket } from 'ws';
import { type Application, type Stage } from '../application.js';
import { startAccounts } from '../accounts.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { viewsOf } from '../parts.js';

let stage: Stage;

interface Message {
  readonly key?: string;
}

@Injectable()
class TicketGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToWs().getData<Message>().key === 'ticket-17';
  }
}

@WebSocketGateway()
@Unmanaged(TicketGuard, { reason: 'Browsers bring a ticket in each message, since they can send no header.' })
class PriceGateway implements OnGatewayConnection {
  handleConnection(_socket: unknown, upgrade: object) {
    stage.see('by a gateway, of the request that opened a socket', viewsOf(upgrade));
  }

  @SubscribeMessage('price')
  price() {
    return { event: 'price', data: 17 };
  }
}

/** The answer to one message, or `silence` after a while. */
async function ask(url: string, data: Message, token?: string): Promise<string> {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const socket = new WebSocket(url.replace('http', 'ws'), { headers });
  await once(socket, 'open');
  const answer = once(socket, 'message').then(([message]) => String(message));
  socket.send(JSON.stringify({ event: 'price', data }));
  const first = await Promise.race([answer, new Promise<string>(resolve => setTimeout(() => resolve('silence'), 300))]);
  socket.close();
  return first;
}

export const application: Application = {
  name: 'a gateway for web sockets with an authentication of its own',
  async start(given) {
    stage = given;
    return startAccounts(stage, {
      providers: [PriceGateway],
      prepare: app => void app.useWebSocketAdapter(new WsAdapter(app)),
    });
  },
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    {
      name: 'a browser with a ticket asks for a price',
      async run() {
        const answer = await ask(running.url, { key: 'ticket-17' });
        if (!answer.includes('17')) throw new Error(answer);
      },
    },
  ],
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    {
      promise: 2,
      name: 'a browser without a ticket gets a price',
      async run() {
        const answer = await ask(running.url, {}, stage.world.userToken());
        return answer.includes('17') ? answer : undefined;
      },
    },
  ],
};
