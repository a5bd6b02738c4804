import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { usesIdentity } from '../authorization/identity.decorator.js';
import { type BootCheck, BootChecks, type BootProblem } from './boot-checks.js';
import { classesOf } from './nest-handlers.js';
import { Posture } from './posture/posture.js';
import { decoratedOf } from './tool-classes.js';

/**
 * Checks that `@Identity()` stands where somebody fills it: in handlers. In a method that other code calls it does nothing. Another library
 * may run the method as a handler of its own kind, so it is a warning.
 */
@Injectable()
export class IdentityParametersCheck implements BootCheck {
  constructor(
    @Inject(BootChecks) checks: BootChecks,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(Posture) private readonly posture: Posture,
  ) {
    checks.add(this);
  }

  problems(): BootProblem[] {
    return [];
  }

  warnings(): string[] {
    const served = new Set(this.posture.served().map(({ entry: { type, method } }) => `${type.name}.${method}`));
    return classesOf(this.discovery).flatMap(type => {
      const ofMcp = new Set(decoratedOf(type).map(({ method }) => method));
      return this.scanner
        .getAllMethodNames(type.prototype as object)
        .filter(method => usesIdentity(type, method) && !ofMcp.has(method) && !served.has(`${type.name}.${method}`))
        .map(
          method =>
            `${type.name}.${method} has @Identity() and is no handler that this module protects, so nobody fills it: take the identity in the handler, and pass it on as an argument.`,
        );
    });
  }
}
