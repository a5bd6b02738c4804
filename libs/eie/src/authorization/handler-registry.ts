import { type ExecutionContext, Inject, Injectable, type Type } from '@nestjs/common';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { type Diagnostics, EieError, type HandlerPolicy, type Requirement } from 'execution-identity';
import { EIE_DIAGNOSTICS } from '../configuration/ports.js';
import { ServerProfile } from '../configuration/server-profile.js';
import { type HttpRequest } from '../http/http-request.js';
import { type HandlerEntry } from '../record/handler-entry.js';
import { declaredTargets } from './declared-targets.js';
import { type HandlerRoute, HandlerRoutes } from './handler-routes.js';
import { addStatement, handlerPolicy } from './policy-metadata.js';
import { approvalsOf } from './require-approval.decorator.js';
import { isGuarded } from './unmanaged.decorator.js';

/** The handlers of one class: by method, and by each function that Nest may route for it. */
interface ClassHandlers {
  readonly entries: ReadonlyMap<string, HandlerEntry>;
  /** Several entries for a function that several methods share. */
  readonly functions: Map<unknown, readonly HandlerEntry[]>;
}

type Methods = Record<string, unknown>;

/**
 * Every handler of the application, with its policy and its targets, read once for each class. A policy belongs to a method, so the
 * registry finds the method of whatever function Nest runs: the one of the prototype, one that an instance has bound or wrapped, or one that
 * only the route tells. A function of which it does not know the method is refused.
 */
@Injectable()
export class HandlerRegistry {
  readonly #classes = new WeakMap<Type, ClassHandlers>();
  readonly #routes = new WeakMap<HandlerEntry, readonly HandlerRoute[]>();

  constructor(
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(HandlerRoutes) private readonly routes: HandlerRoutes,
    @Inject(ServerProfile) private readonly profile: Pick<ServerProfile, 'routes'>,
    @Inject(EIE_DIAGNOSTICS) private readonly diagnostics: Diagnostics,
  ) {}

  /** The entry of a method; `undefined` for a name that is no method of the class. */
  entry(type: Type, method: string): HandlerEntry | undefined {
    return this.#handlersOf(type).entries.get(method);
  }

  /** Adds requirements that a foreign decorator states. What was read of the class before is stale. */
  require(type: Type, method: string, requirements: readonly Requirement[]): void {
    for (const one of requirements) addStatement({ target: type.prototype as object, method }, one);
    this.#classes.delete(type);
  }

  /** Adds a function that a pipeline runs for an entry: request-scoped classes may bind theirs anew for each request. */
  add(entry: HandlerEntry, handler: object): void {
    const { functions } = this.#handlersOf(entry.type);
    if (!functions.has(handler)) functions.set(handler, [entry]);
  }

  /**
   * The handler that a context stands for.
   *
   * @throws EieError `handler_unregistered` when it is unclear which method the function is
   */
  find(context: ExecutionContext): HandlerEntry {
    const { entries, functions } = this.#handlersOf(context.getClass());
    const request = context.getType() === 'http' ? context.switchToHttp().getRequest<HttpRequest>() : undefined;
    // A method without a route can only run over HTTP where it was put in the place of one that has.
    const isReached = (entry: HandlerEntry): boolean => !request || this.#routesOf(entry).length > 0;
    const named = functions.get(context.getHandler()) ?? [];
    if (named.length === 1 && isReached(named[0]!)) return named[0]!;
    const known = named.filter(isReached);
    if (known.length === 1) return known[0]!;
    const routed = request ? this.#routed(known.length ? known : [...entries.values()], request) : [];
    const candidates = routed.length > 1 ? this.#described(routed, context.getHandler()) : routed;
    if (candidates.length === 1) return candidates[0]!;
    this.diagnostics.report({
      level: 'error',
      message: `${context.getClass().name} runs a function of which it is unclear which of its methods it is: do not replace methods of an instance after it is made, and give routed methods functions of their own.`,
    });
    throw new EieError('handler_unregistered');
  }

  /** Whether the function that a context runs is one of this entry. */
  isOf(entry: HandlerEntry, context: ExecutionContext): boolean {
    if (context.getClass() !== entry.type) return false;
    return this.#handlersOf(entry.type).functions.get(context.getHandler())?.includes(entry) ?? false;
  }

  /**
   * Whether a guard of the application authenticates the callers of this handler, and runs before it.
   *
   * @throws EieError `handler_unregistered` where the handler says so and its guard does not run
   */
  isUnmanaged(context: ExecutionContext): boolean {
    const { entries, functions } = this.#handlersOf(context.getClass());
    const known = functions.get(context.getHandler()) ?? [...entries.values()];
    if (!known.length || known.some(({ policy }) => policy.kind !== 'unmanaged')) return false;
    this.assertGuarded(context);
    return true;
  }

  /** @throws EieError `handler_unregistered` where no guard of `@Unmanaged()` runs before the function of a context */
  assertGuarded(context: ExecutionContext): void {
    if (!isGuarded(context.getClass(), context.getHandler())) throw new EieError('handler_unregistered');
  }

  /** Whether Nest may run an unmanaged handler without its guard. */
  unguarded(entry: HandlerEntry): boolean {
    if (entry.policy.kind !== 'unmanaged') return false;
    const { functions } = this.#handlersOf(entry.type);
    return [...functions].some(([handler, entries]) => entries.includes(entry) && !isGuarded(entry.type, handler));
  }

  #routed(entries: readonly HandlerEntry[], request: HttpRequest): HandlerEntry[] {
    return entries.filter(entry => this.#routesOf(entry).some(route => this.routes.matches(route, request)));
  }

  /** Those whose route a function describes by its metadata. Tracing puts such a function in the place of each method that Nest routes. */
  #described(entries: readonly HandlerEntry[], handler: object): HandlerEntry[] {
    return entries.filter(({ type, method }) => this.routes.describes(handler, type, method));
  }

  /** Read once: an application has its routes before it serves requests. */
  #routesOf(entry: HandlerEntry): readonly HandlerRoute[] {
    const known = this.#routes.get(entry);
    if (known) return known;
    const routes = this.routes.of(entry.type, entry.method);
    this.#routes.set(entry, routes);
    return routes;
  }

  #handlersOf(type: Type): ClassHandlers {
    const known = this.#classes.get(type);
    if (known) return known;
    const handlers = this.#read(type);
    this.#classes.set(type, handlers);
    return handlers;
  }

  #read(type: Type): ClassHandlers {
    const prototype = type.prototype as Methods;
    const entries = new Map<string, HandlerEntry>();
    const functions = new Map<unknown, HandlerEntry[]>();
    const instances = this.#instancesOf(type);
    for (const method of this.scanner.getAllMethodNames(prototype)) {
      const entry = Object.freeze<HandlerEntry>({
        type,
        method,
        name: `${nameOf(type)}.${method}`,
        policy: Object.freeze(this.#policyOf(type, method)),
        targets: Object.freeze(declaredTargets(type, method)),
        approval: approvalsOf(type, method)[0],
      });
      entries.set(method, entry);
      for (const handler of new Set([prototype, ...instances].map(owner => owner[method])))
        functions.set(handler, [...(functions.get(handler) ?? []), entry]);
    }
    return { entries, functions };
  }

  /** A handler without a policy of its own may be on a route that the options make public. */
  #policyOf(type: Type, method: string): HandlerPolicy {
    const policy = handlerPolicy(type, method);
    if (policy.kind !== 'none') return policy;
    const routes = this.routes.of(type, method);
    const [first, ...others] = routes.map(route =>
      this.profile.routes.find(
        one => one.access === 'public' && one.path === route.path && one.method === route.method,
      ),
    );
    return first && others.every(Boolean) ? { kind: 'public', reason: first.reason } : policy;
  }

  /** The instances that Nest keeps: their methods may be other functions than those of the prototype. */
  #instancesOf(type: Type): Methods[] {
    return [...this.modules.values()].flatMap(({ controllers, providers }) =>
      [...controllers.values(), ...providers.values()].flatMap(wrapper => {
        if (!wrapper.isDependencyTreeStatic()) return [];
        const instance = wrapper.instance as Methods | null | undefined;
        return typeof instance === 'object' && instance?.constructor === type ? [instance] : [];
      }),
    );
  }
}

/** A class that a decorator has made has no name of its own. */
function nameOf(type: Type): string {
  const parent = Object.getPrototypeOf(type) as Type;
  return type.name || (parent === Function.prototype ? '' : nameOf(parent));
}
