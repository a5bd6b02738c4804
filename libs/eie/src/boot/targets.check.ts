import { Inject, Injectable } from '@nestjs/common';
import { TargetRegistry } from '../delegation/targets/target-registry.js';
import { type BootCheck, BootChecks, type BootProblem } from './boot-checks.js';

/** Checks the configuration of every target of the application. */
@Injectable()
export class TargetsCheck implements BootCheck {
  constructor(
    @Inject(BootChecks) checks: BootChecks,
    @Inject(TargetRegistry) private readonly targets: TargetRegistry,
  ) {
    checks.add(this);
  }

  problems(): BootProblem[] {
    return this.targets.problems.map(message => ({ message }));
  }
}
