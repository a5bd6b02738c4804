import { Controller, Get } from '@nestjs/common';
import { startAccounts } from '../accounts.js';
import { type Application } from '../application.js';

/** Of another library: it cannot be decorated. */
@Controller('status')
class StatusController {
  @Get()
  status() {
    return 'up';
  }
}

@Controller({ path: 'status', host: 'admin.shop.test' })
class AdminController {
  @Get()
  detail() {
    return 'a secret';
  }
}

const reason = 'The status page is for everybody.';

export const application: Application = {
  name: 'a public route, and a handler for another host on the same path',
  adapters: ['express'],
  refusedWith: /AdminController\.detail and StatusController\.status serve.*use @Public\(\{ reason \}\)/s,
  start: stage =>
    startAccounts(stage, {
      controllers: [AdminController, StatusController],
      options: { authorization: { routes: [{ path: '/status', method: 'GET', access: 'public', reason }] } },
    }),
  legitimate: () => [],
  attacks: () => [],
};
