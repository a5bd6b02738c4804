import { Inject, Injectable } from '@nestjs/common';
import { type BootCheck, BootChecks, type BootProblem } from './boot-checks.js';
import { NestHandlers } from './nest-handlers.js';

/**
 * Checks that Nest runs the handlers of the very class that it has. Where a decorator has put something else in its place, Nest finds no guards,
 * no parameters and no `@Unmanaged()` of it when a handler runs, and each call would be refused.
 */
@Injectable()
export class ReplacedClassesCheck implements BootCheck {
  constructor(
    @Inject(BootChecks) checks: BootChecks,
    @Inject(NestHandlers) private readonly handlers: NestHandlers,
  ) {
    checks.add(this);
  }

  problems(): BootProblem[] {
    return this.handlers.replaced().map(type => {
      const { name } = (type.prototype as object).constructor;
      const message = `A decorator on ${name} has put a function or a proxy in the place of the class, where Nest finds neither the guards nor the parameters of its handlers: let the decorator return nothing, or a class that extends ${name}.`;
      return { type, message };
    });
  }
}
