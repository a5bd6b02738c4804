import { Inject, Injectable, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { declaredTargets } from '../authorization/declared-targets.js';
import { TargetRegistry } from '../delegation/targets/target-registry.js';
import { type BootCheck, BootChecks, type BootProblem } from './boot-checks.js';

/** Checks the configuration of every target of the application, and that some handler may call it. */
@Injectable()
export class TargetsCheck implements BootCheck {
  constructor(
    @Inject(BootChecks) checks: BootChecks,
    @Inject(TargetRegistry) private readonly targets: TargetRegistry,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
  ) {
    checks.add(this);
  }

  problems(): BootProblem[] {
    return [...this.targets.problems, ...this.#dead()].map(message => ({ message }));
  }

  /** A target that no handler declares cannot be called: a right that nobody uses, or a declaration that was forgotten. */
  #dead(): string[] {
    const facts = this.targets.facts;
    const onward = facts.flatMap(one => Object.keys(one.onward as object));
    const declared = facts.length ? this.#declared() : new Set();
    return facts
      .filter(({ name }) => !declared.has(name) && !onward.includes(name))
      .map(
        ({ name }) =>
          `The target "${name}" is configured and no handler declares it, so nothing can call it: declare it with @Delegated('${name}') or @DelegatesTo('${name}') where it is called, or remove it.`,
      );
  }

  /** By any class of the application: what decorators add to a class that is no handler is in doubt a handler of another library. */
  #declared(): ReadonlySet<string> {
    const types = [...this.discovery.getControllers(), ...this.discovery.getProviders()].flatMap(({ metatype }) =>
      typeof metatype === 'function' && (metatype.prototype as unknown) ? [metatype as Type] : [],
    );
    return new Set(
      [...new Set(types)].flatMap(type =>
        this.scanner.getAllMethodNames(type.prototype as object).flatMap(method => declaredTargets(type, method)),
      ),
    );
  }
}
