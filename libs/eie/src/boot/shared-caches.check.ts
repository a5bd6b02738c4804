import { Inject, Injectable, RequestMethod, type Type } from '@nestjs/common';
import { INTERCEPTORS_METADATA, METHOD_METADATA } from '@nestjs/common/constants.js';
import { ApplicationConfig } from '@nestjs/core';
import { HandlerRegistry } from '../authorization/handler-registry.js';
import { type BootCheck, BootChecks, type BootProblem } from './boot-checks.js';
import { type NestHandler, NestHandlers } from './nest-handlers.js';

/** How `@nestjs/cache-manager`, an optional package, marks a handler whose key is given. */
const KEY_METADATA = 'cache_module:cache_key';

/** By which an interceptor of `@nestjs/cache-manager` says whose answer it keeps. */
interface Cache {
  readonly trackBy?: unknown;
  readonly isRequestCacheable?: unknown;
}

/**
 * Checks that no cache hands the answer of one user to another. The interceptor of `@nestjs/cache-manager` keeps an answer by its URL, or by the key
 * of `@CacheKey()`, and knows no users. An answer may be meant for everybody, so it is a warning.
 *
 * It does NOT know caches of other packages. It does NOT see what a `trackBy()` or a key of the application tells apart.
 */
@Injectable()
export class SharedCachesCheck implements BootCheck {
  constructor(
    @Inject(BootChecks) checks: BootChecks,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(NestHandlers) private readonly handlers: NestHandlers,
    @Inject(HandlerRegistry) private readonly registry: HandlerRegistry,
  ) {
    checks.add(this);
  }

  problems(): BootProblem[] {
    return [];
  }

  warnings(): string[] {
    const isGlobal = this.#global().some(isShared);
    const names = this.handlers
      .http()
      .filter(({ type, method }) => this.registry.entry(type, method)?.policy.kind === 'protected')
      .filter(handler => isKept(handler) && (isGlobal || interceptorsOf(handler).some(isShared)))
      .map(({ type, method }) => `${type.name}.${method}`);
    if (!names.length) return [];
    const answers = names.length > 1 ? 'their answers' : 'its answer';
    return [
      `${names.join(', ')}: CacheInterceptor keeps ${answers} by the URL or the key alone, so one user gets the answer of another. Extend CacheInterceptor with a trackBy() that names the user too, as docs/decorators.md shows. Where an answer is meant for everybody who may call, a trackBy() that returns super.trackBy(context) says so.`,
    ];
  }

  #global(): unknown[] {
    const scoped = this.config.getGlobalRequestInterceptors().map(({ metatype }) => metatype);
    return [...this.config.getGlobalInterceptors(), ...scoped];
  }
}

/** Whether the interceptor keeps an answer of this handler, under a key that is the same for each caller. */
function isKept({ type, method }: NestHandler): boolean {
  const handler = functionOf(type, method);
  const key: unknown = Reflect.getMetadata(KEY_METADATA, handler);
  if (key) return typeof key !== 'function';
  return [RequestMethod.GET, RequestMethod.ALL].includes(Reflect.getMetadata(METHOD_METADATA, handler) as number);
}

const interceptorsOf = ({ type, method }: NestHandler): unknown[] =>
  [type, functionOf(type, method)].flatMap(
    one => (Reflect.getMetadata(INTERCEPTORS_METADATA, one) ?? []) as readonly unknown[],
  );

const functionOf = (type: Type, method: string): object => (type.prototype as Record<string, object>)[method]!;

/** Whether an interceptor, or the class of one, is that of the package, or extends it and tells callers apart as it does. */
function isShared(interceptor: unknown): boolean {
  const isClass = typeof interceptor === 'function';
  const one = (isClass ? interceptor.prototype : interceptor) as Cache | null | undefined;
  if (typeof one !== 'object' || one === null || typeof one.trackBy !== 'function') return false;
  for (let at: Cache | null = one; at; at = Object.getPrototypeOf(at) as Cache | null)
    if (Object.hasOwn(at, 'trackBy')) return Object.hasOwn(at, 'isRequestCacheable') && isOfPackage(at);
  return false;
}

const isOfPackage = (prototype: object): boolean => prototype.constructor.name === 'CacheInterceptor';
