import { type CanActivate, Controller, Get, Injectable } from '@nestjs/common';
import { Unmanaged } from 'nestjs-eie';
import { type Application } from '../application.js';
import { startAccounts } from '../accounts.js';

@Injectable()
class PartnerGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

const reason = 'Partners have keys of their own.';

const Timed = (): MethodDecorator => (_target, _key, descriptor) => {
  const method = descriptor as { value?: unknown };
  const original = method.value as (...args: unknown[]) => unknown;
  method.value = function (this: unknown, ...args: unknown[]) {
    return original.apply(this, args);
  };
};

class Base {
  @Get('overridden')
  @Unmanaged(PartnerGuard, { reason })
  overridden() {
    return 'base';
  }
}

@Controller('partners')
class PartnersController extends Base {
  constructor() {
    super();
    this.bound = this.bound.bind(this);
  }

  @Get('overridden')
  override overridden() {
    return 'open to everybody';
  }

  @Get('bound')
  @Unmanaged(PartnerGuard, { reason })
  bound() {
    return 'open to everybody';
  }

  @Get('wrapped')
  @Timed()
  @Unmanaged(PartnerGuard, { reason })
  wrapped() {
    return 'open to everybody';
  }
}

export const application: Application = {
  name: '@Unmanaged() on methods that are bound, wrapped and overridden, so that Nest would not run its guard',
  refusedWith:
    /PartnersController\.overridden is @Unmanaged\(\).*PartnersController\.bound is @Unmanaged\(\).*PartnersController\.wrapped is @Unmanaged\(\)/s,
  start: stage => startAccounts(stage, { controllers: [PartnersController] }),
  legitimate: () => [],
  attacks: () => [],
};
