import { Controller, Get, Post } from '@nestjs/common';
import { type Application } from '../application.js';
import { startAccounts } from '../accounts.js';

@Controller('metrics')
class MetricsController {
  @Get()
  read() {
    return 'metrics';
  }

  @Post()
  reset() {
    return 'reset';
  }
}

const reason = 'The scraper has no token, and reads only.';

export const application: Application = {
  name: 'a public route for reading, and a handler for writing on the same path',
  refusedWith: /MetricsController\.reset has no identity policy/,
  start: stage =>
    startAccounts(stage, {
      controllers: [MetricsController],
      options: { authorization: { routes: [{ path: '/metrics', method: 'GET', access: 'public', reason }] } },
    }),
  legitimate: () => [],
  attacks: () => [],
};
