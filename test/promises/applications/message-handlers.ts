import { Controller } from '@nestjs/common';
import { MessagePattern, Transport } from '@nestjs/microservices';
import { RequireScopes } from 'nestjs-eie';
import { type Application } from '../application.js';
import { startAccounts } from '../accounts.js';

@Controller()
class OrderEvents {
  @MessagePattern('orders.cancel')
  @RequireScopes('orders:write')
  cancel() {
    return 'cancelled';
  }
}

export const application: Application = {
  name: 'a hybrid application with message handlers',
  refusedWith: /OrderEvents\.cancel handles messages.*@Unmanaged\(guard, \{ reason \}\)/s,
  start: stage =>
    startAccounts(stage, {
      controllers: [OrderEvents],
      prepare: app =>
        void app.connectMicroservice({ transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } }),
    }),
  legitimate: () => [],
  attacks: () => [],
};
