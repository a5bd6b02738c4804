import { Controller, Get } from '@nestjs/common';
import { type Actor, Identity, RequireScopes } from 'nestjs-eie';
import { type Balance, BalanceService } from './balance.service.js';

@Controller('balance')
export class BalanceController {
  constructor(private readonly balances: BalanceService) {}

  @Get()
  @RequireScopes('billing:read')
  balance(@Identity('actor') actor: Actor): Balance {
    return this.balances.of(actor);
  }
}
