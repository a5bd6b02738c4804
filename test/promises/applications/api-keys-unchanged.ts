import { type CanActivate, Controller, type ExecutionContext, Get, Injectable, UseGuards } from '@nestjs/common';
import { startAccounts } from '../accounts.js';
import { type Application } from '../application.js';

@Injectable()
class BearerKeyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string | undefined> }>();
    return headers.authorization === 'Bearer key-of-a-partner-0001';
  }
}

@Controller('partners')
@UseGuards(BearerKeyGuard)
class PartnersController {
  @Get('report')
  report() {
    return 'report';
  }
}

export const application: Application = {
  name: 'controllers with a guard of their own, which nobody has declared',
  refusedWith: /PartnersController\.report has no identity policy.*@Unmanaged/s,
  start: stage => startAccounts(stage, { controllers: [PartnersController] }),
  legitimate: () => [],
  attacks: () => [],
};
