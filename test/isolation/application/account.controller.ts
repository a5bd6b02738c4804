import { type Writable } from 'node:stream';
import { Controller, Get, Param, Res } from '@nestjs/common';
import {
  Authenticated,
  Delegated,
  type DelegatedFetch,
  type ExecutionIdentityEnvelope,
  Identity,
  RequireScopes,
} from 'nestjs-eie';
import { Accounts } from './accounts.js';
import { Basket } from './basket.js';

@Controller('account')
export class AccountController {
  constructor(private readonly accounts: Accounts) {}

  @Get('caller')
  @Authenticated()
  async caller(@Identity() identity: ExecutionIdentityEnvelope) {
    return { caller: await this.accounts.caller(identity) };
  }

  @Get('orders/:id')
  @RequireScopes('orders:read')
  order(
    @Param('id') id: string,
    @Identity() identity: ExecutionIdentityEnvelope,
    @Delegated('orders_api') orders: DelegatedFetch,
  ) {
    return this.accounts.order(identity, orders, id);
  }

  @Get('statement')
  @RequireScopes('billing:read')
  statement(@Identity() identity: ExecutionIdentityEnvelope, @Delegated('billing_api') billing: DelegatedFetch) {
    return this.accounts.statement(identity, billing);
  }

  @Get('pages/:id')
  @Authenticated()
  page(
    @Param('id') id: string,
    @Identity() identity: ExecutionIdentityEnvelope,
    @Res({ passthrough: true }) response: Writable,
  ) {
    const leaving = new AbortController();
    response.once('close', () => leaving.abort());
    return this.accounts.page(identity, id, leaving.signal);
  }

  @Get('streams/:id')
  @Authenticated()
  stream(@Param('id') id: string, @Identity() identity: ExecutionIdentityEnvelope, @Res() response: Writable) {
    return this.accounts.write(identity, response, id);
  }

  @Get('report')
  @Authenticated()
  report(@Identity() identity: ExecutionIdentityEnvelope) {
    return this.accounts.report(identity);
  }
}

/** Made for each request, like what it injects. */
@Controller('baskets')
export class BasketController {
  constructor(
    private readonly accounts: Accounts,
    private readonly basket: Basket,
  ) {}

  @Get(':id')
  @Authenticated()
  fill(@Param('id') id: string, @Identity() identity: ExecutionIdentityEnvelope) {
    return this.accounts.fill(identity, this.basket, id);
  }
}
