import { Inject, Injectable, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { EieConfigurationError } from 'execution-identity';
import { sourceFiles } from './source-files.js';

/** One reason why the application must not start. */
export interface BootProblem {
  /** A sentence that names the handler, class or option, and a sentence that says how to fix it. */
  readonly message: string;
  /** The class with the problem. The message then names its module and file too. */
  readonly type?: Type;
}

/** Checks one aspect of the application before it serves requests. */
export interface BootCheck {
  /** Whether it needs what the others have found, and runs after them. Default false. */
  readonly isLast?: boolean;
  problems(): readonly BootProblem[] | Promise<readonly BootProblem[]>;
  /** What is probably a mistake and may be meant: one line each, with its fix. Asked after every check has passed. */
  warnings?(): readonly string[];
}

/**
 * Reports every reason why the application must not start, in one message. Checks are added in constructors, while the application is
 * built. All of them run in the first `onModuleInit` of the application: then every provider exists, every microservice is connected,
 * and nothing is served yet. A microservice that is started before the application is initialised waits for {@link run}.
 */
@Injectable()
export class BootChecks {
  readonly #checks = new Set<BootCheck>();
  readonly #modules: ModulesContainer;
  #result?: Promise<void>;

  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    this.#modules = modules;
  }

  /** @throws EieConfigurationError once the checks have run: what comes later would not be checked */
  add(check: BootCheck): void {
    if (this.#result)
      throw new EieConfigurationError(
        `${check.constructor.name} was added after the application had been checked: import its module where the application starts.`,
      );
    this.#checks.add(check);
  }

  /**
   * Runs every check, once.
   *
   * @throws EieConfigurationError with one entry for each problem
   */
  run(): Promise<void> {
    this.#result ??= this.#run();
    return this.#result;
  }

  /** What is probably a mistake, in the order of the checks. Of an application that {@link run} has let pass. */
  get warnings(): readonly string[] {
    return [...this.#checks].flatMap(check => check.warnings?.() ?? []);
  }

  async #run(): Promise<void> {
    const checks = [...this.#checks];
    const problems = [
      ...(await problemsOf(checks.filter(({ isLast }) => !isLast))),
      ...(await problemsOf(checks.filter(({ isLast }) => isLast))),
    ];
    if (problems.length) throw new EieConfigurationError(this.#message(problems));
  }

  #message(problems: readonly BootProblem[]): string {
    const types = new Set(problems.flatMap(({ type }) => type ?? []));
    const files = sourceFiles([...types]);
    const lines = problems.map(({ message, type }) => {
      const place = type && [this.#moduleOf(type), files.get(type)].filter(Boolean).join(', ');
      return `  - ${message.replaceAll('\n', '\n    ')}${place ? `\n    (${place})` : ''}`;
    });
    return `The application cannot start:\n${[...new Set(lines)].join('\n')}`;
  }

  #moduleOf(type: Type): string | undefined {
    const modules = [...this.#modules.values()];
    return modules.find(one => one.controllers.has(type) || one.providers.has(type))?.name;
  }
}

async function problemsOf(checks: readonly BootCheck[]): Promise<BootProblem[]> {
  return (await Promise.all(checks.map(async check => check.problems()))).flat();
}
