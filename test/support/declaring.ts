import { Controller, type DynamicModule, Get, type Type } from '@nestjs/common';
import { Authenticated, DelegatesTo } from 'nestjs-eie';

/** A handler that may call these targets, for an application whose test is about something else: a target that no handler declares stops the boot. */
export function declaring(...targets: [string, ...string[]]): Type {
  @Controller('declaring')
  class DeclaringController {
    @Get()
    @Authenticated()
    @DelegatesTo(...targets)
    declare() {}
  }
  return DeclaringController;
}

/** The same as a module. */
export const declaringModule = (...targets: [string, ...string[]]): DynamicModule => ({
  module: class DeclaringModule {},
  controllers: [declaring(...targets)],
});
