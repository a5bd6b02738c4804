import { Controller, Get } from '@nestjs/common';
import { Authenticated } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { startAccounts } from '../accounts.js';
import { type Application } from '../application.js';

/** One class for both, to save a file. */
@Controller('orders')
@ToolController()
@Authenticated()
class OrderTools {
  @Get()
  @Tool({ name: 'orders' })
  list() {
    return 'orders';
  }
}

export const application: Application = {
  name: 'a class of tools among the controllers, where its guards would not run',
  refusedWith: /OrderTools is a @ToolController\(\) and is listed in "controllers".*list it in "providers"/s,
  start: stage => startAccounts(stage, { controllers: [OrderTools] }),
  legitimate: () => [],
  attacks: () => [],
};
