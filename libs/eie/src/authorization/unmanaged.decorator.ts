import { type CanActivate, type ExecutionContext, type Type, UseGuards } from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import { isObservable, lastValueFrom } from 'rxjs';
import { lendCredentials } from '../edge/lend-credentials.js';
import { carriedRequest } from '../http/carried-request.js';
import { addStatement, reasonIn } from './policy-metadata.js';

/**
 * The handler, or every handler of the class, authenticates its callers by itself, with a guard of the application. It is for controllers
 * that had an authentication before this module, and for message handlers, gateways and resolvers.
 *
 * For that guard alone the credentials of the request are put back, and removed again afterwards. A token that was issued for this server
 * is never put back: a handler that takes it must be protected by this library. That is seen in the audience of a JWT; an opaque token does
 * NOT show it.
 *
 * On a method, the guard belongs to the very function: where another decorator, `bind` or an override puts a function in its place, the
 * application does not start. Put it on the class then.
 *
 * The handler gets no identity, its calls leave no record, and `@Identity()` and `@Delegated()` fail there. Beside a requirement it is
 * refused at boot.
 *
 * @param guard a guard class. Nest makes it, with its own dependencies, as for `@UseGuards()`
 * @throws TypeError for an empty reason
 * @example @Controller('partners') @Unmanaged(PartnerKeyGuard, { reason: 'Partners have keys of their own.' }) export class PartnersController {}
 */
export function Unmanaged(guard: Type<CanActivate>, stated: { reason: string }): ClassDecorator & MethodDecorator {
  const reason = reasonIn(
    stated,
    '@Unmanaged(guard, { reason }) needs a reason: how the guard authenticates its callers.',
  );
  const lent = lendingTo(guard);
  return (target: object, method?: string | symbol, descriptor?: PropertyDescriptor) => {
    addStatement({ target, method }, { kind: 'unmanaged', reason });
    if (method === undefined) UseGuards(lent)(target as never);
    else UseGuards(lent)(target, method, descriptor!);
  };
}

const lendingGuards = new WeakSet<object>();

/**
 * Whether the guard of `@Unmanaged()` runs before a function: Nest finds guards on the function and on the class. A function that was put in
 * the place of a decorated method, by `bind`, a wrapper or an override, has none.
 */
export function isGuarded(type: Type, handler: unknown): boolean {
  return guardsOn(type, handler).some(guard => isObject(guard) && lendingGuards.has(guard));
}

const guardsOn = (...subjects: unknown[]): unknown[] =>
  subjects.flatMap(one => (isObject(one) ? ((Reflect.getMetadata(GUARDS_METADATA, one) ?? []) as unknown[]) : []));

/** The name of the guard class of the application that `@UseGuards()` puts before a handler; `undefined` where it is none, or one of several. */
export function ownGuard(type: Type, method: string): string | undefined {
  const handler = (type.prototype as Record<string, unknown>)[method];
  const guards = guardsOn(type, handler);
  return guards.length === 1 && typeof guards[0] === 'function' ? guards[0].name || undefined : undefined;
}

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

/** The same guard, which is lent the credentials while it runs. A subclass, so that Nest injects what the guard itself declares. */
function lendingTo(guard: Type<CanActivate>): Type<CanActivate> {
  class LendingGuard extends guard {
    constructor(...dependencies: never[]) {
      super(...dependencies);
      // A property of the instance, as an arrow function is, hides the method below.
      if (!Object.hasOwn(this, 'canActivate')) return;
      const own = this.canActivate.bind(this);
      this.canActivate = context => lent(context, () => own(context));
    }

    override canActivate(context: ExecutionContext): ReturnType<CanActivate['canActivate']> {
      return lent(context, () => super.canActivate(context));
    }
  }
  Object.defineProperty(LendingGuard, 'name', { value: guard.name });
  lendingGuards.add(LendingGuard);
  return LendingGuard as unknown as Type<CanActivate>;
}

function lent(context: ExecutionContext, decide: () => ReturnType<CanActivate['canActivate']>): Promise<boolean> {
  const run = async (): Promise<boolean> => {
    const allowed = decide();
    return isObservable(allowed) ? lastValueFrom(allowed) : allowed;
  };
  const request = carriedRequest(context);
  return request ? lendCredentials(request, run) : run();
}
