import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Authenticated } from 'nestjs-eie';
import { type Application } from '../application.js';
import { startAccounts } from '../accounts.js';

@WebSocketGateway()
class OrderGateway {
  @SubscribeMessage('orders.cancel')
  @Authenticated()
  cancel() {
    return { event: 'cancelled', data: 'cancelled' };
  }
}

export const application: Application = {
  name: 'a gateway for web sockets',
  refusedWith: /OrderGateway\.cancel handles messages of a gateway.*@Unmanaged\(guard, \{ reason \}\)/s,
  start: stage =>
    startAccounts(stage, {
      providers: [OrderGateway],
      prepare: app => void app.useWebSocketAdapter(new WsAdapter(app)),
    }),
  legitimate: () => [],
  attacks: () => [],
};
