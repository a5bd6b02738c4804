import { Controller, Get, Param } from '@nestjs/common';
import { type Application } from '../application.js';
import { startAccounts } from '../accounts.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, refused } from '../parts.js';

/** Of another library: it cannot be decorated. */
@Controller('vendor')
class VendorController {
  @Get('items/:id')
  item(@Param('id') id: string) {
    return `item ${id}`;
  }

  @Get('health')
  health() {
    return 'up';
  }
}

const reason = 'The load balancer asks before it has a token.';
const open = (path: string) => ({ path, method: 'GET' as const, access: 'public' as const, reason });

export const application: Application = {
  name: 'handlers of another library on public routes, with a prefix and parameters',
  start: stage =>
    startAccounts(stage, {
      controllers: [VendorController],
      options: { authorization: { routes: [open('/api/vendor/items/:id'), open('/api/vendor/health')] } },
      prepare: app => void app.setGlobalPrefix('api', { exclude: ['mcp', 'accounts/*path'] }),
    }),
  legitimate: (running, stage) => [
    ...accountCalls(running, stage),
    answers('anybody reads an item', () => running.send('/api/vendor/items/17'), 'item 17'),
    answers('anybody reads the health', () => running.send('/api/vendor/health'), 'up'),
  ],
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    refused(3, 'anybody posts where anybody may read', () => running.send('/api/vendor/items/17', { method: 'POST' })),
  ],
};
