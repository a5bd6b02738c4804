import { Module, type Type } from '@nestjs/common';
import { type Bug } from '../bug.js';
import { AccountController, BasketController } from './account.controller.js';
import { AccountTools } from './account.tools.js';
import { Accounts } from './accounts.js';
import { Basket } from './basket.js';

/** Tools and HTTP handlers beside those of the shop, which keep state the way applications do. A bug takes the place of some provider. */
export function accountModule({ providers = [], controllers = [], imports = [] }: Bug = { name: 'none' }): Type {
  @Module({
    imports,
    controllers: [AccountController, BasketController, ...controllers],
    providers: [Accounts, Basket, AccountTools, ...providers],
  })
  class AccountModule {}
  return AccountModule;
}
