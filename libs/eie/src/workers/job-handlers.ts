import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { HandlerRegistry } from '../authorization/handler-registry.js';
import { type JobHandlerOptions, jobsOf } from '../authorization/job-handler.decorator.js';
import { type BootCheck, BootChecks, type BootProblem } from '../boot/boot-checks.js';
import { handlerProblems } from '../boot/handler-problems.js';
import { providedClass } from '../boot/nest-handlers.js';
import { type ServedHandler } from '../boot/posture/handler-facts.js';
import { Posture, type PostureSource } from '../boot/posture/posture.js';
import { ServerProfile } from '../configuration/server-profile.js';
import { TargetRegistry } from '../delegation/targets/target-registry.js';
import { type HandlerEntry } from '../record/handler-entry.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];
type Method = (identity: unknown, job: unknown) => unknown;

/** A method with `@JobHandler()`. */
export interface KnownJob extends JobHandlerOptions {
  readonly entry: HandlerEntry;
  /** As the audit log names it. */
  readonly handlerName: string;
  readonly run: Method;
  readonly isStatic: boolean;
  readonly isTransient: boolean;
}

/** Finds the handlers of jobs at boot, and says which of them are not safe to run. */
@Injectable()
export class JobHandlers implements BootCheck, PostureSource {
  #jobs: readonly KnownJob[] | undefined;

  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(HandlerRegistry) private readonly registry: HandlerRegistry,
    @Inject(TargetRegistry) private readonly targets: TargetRegistry,
    @Inject(ServerProfile) private readonly profile: Pick<ServerProfile, 'jwks'>,
    @Inject(BootChecks) checks: BootChecks,
    @Inject(Posture) posture: Posture,
  ) {
    checks.add(this);
    posture.add(this);
  }

  find(queue: string, name: string): KnownJob | undefined {
    return this.#known.find(one => one.queue === queue && one.name === name);
  }

  problems(): BootProblem[] {
    return this.#known.flatMap(job => [
      ...handlerProblems(job.entry, { kind: 'job', targets: this.targets }),
      ...this.#problemsOf(job).map(message => ({ message: `${job.entry.name} ${message}`, type: job.entry.type })),
    ]);
  }

  served(): ServedHandler[] {
    return this.#known.map(({ queue, handlerName: name, entry }) => ({
      kind: 'job',
      entry,
      name,
      routes: [`queue ${queue}`],
    }));
  }

  /** Read when it is first asked: all providers of the application are known then. */
  get #known(): readonly KnownJob[] {
    return (this.#jobs ??= this.#wrappers().flatMap(wrapper => this.#jobsOf(wrapper)));
  }

  /** One for each instance: what is provided under a second token is the same one. */
  #wrappers(): Wrapper[] {
    const instances = new Set<unknown>();
    return [...this.discovery.getProviders(), ...this.discovery.getControllers()].filter(
      ({ instance }) => !instance || instances.size < instances.add(instance).size,
    );
  }

  #jobsOf(wrapper: Wrapper): KnownJob[] {
    const type = providedClass(wrapper);
    if (!type) return [];
    return this.scanner.getAllMethodNames(type.prototype as object).flatMap(method =>
      jobsOf(type, method).map(({ queue, name }) => ({
        queue,
        name,
        entry: this.registry.entry(type, method)!,
        handlerName: `job:${queue}/${name}`,
        run: (identity, job) => (wrapper.instance as Record<string, Method>)[method]!(identity, job),
        isStatic: wrapper.isDependencyTreeStatic(),
        isTransient: wrapper.isTransient,
      })),
    );
  }

  #problemsOf({ queue, name, isStatic, isTransient }: KnownJob): string[] {
    const isText = [queue, name].every(one => typeof one === 'string' && one.length > 0) && !queue.includes('/');
    const isTwice = this.#known.filter(one => one.queue === queue && one.name === name).length > 1;
    return [
      ...(this.profile.jwks
        ? []
        : ['does jobs, and no job opens without "signing": give it that of the server that seals them.']),
      ...(isText
        ? []
        : ['needs "queue" and "name" in @JobHandler(), as the producer names them, and a queue without a slash.']),
      ...(isTwice ? [`is one of several handlers of the jobs "${name}" of the queue "${queue}": keep one.`] : []),
      ...(isStatic
        ? []
        : [
            'does jobs and is made anew for each request: a job has no request. Make its class, and what it needs, singletons.',
          ]),
      ...(isTransient
        ? ['does jobs and is transient: Nest makes no instance of it for jobs. Make its class a singleton.']
        : []),
    ];
  }
}
