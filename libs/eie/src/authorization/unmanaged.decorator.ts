import { type CanActivate, type ExecutionContext, type Type, UseGuards } from '@nestjs/common';
import { isObservable, lastValueFrom } from 'rxjs';
import { lendCredentials } from '../edge/lend-credentials.js';
import { carriedRequest } from '../http/carried-request.js';
import { addStatement } from './policy-metadata.js';

/**
 * The handler, or every handler of the class, authenticates its callers by itself, with a guard of the application. It is for controllers
 * that had an authentication before this module, and for message handlers, gateways and resolvers.
 *
 * For that guard alone the credentials of the request are put back, and removed again afterwards. A token that was issued for a resource
 * of this server is never put back: a handler that takes it must be protected by this library.
 *
 * The handler gets no identity, its calls leave no record, and `@Identity()` and `@Delegated()` fail there. Beside a requirement it is
 * refused at boot.
 *
 * @param guard a guard class. Nest makes it, with its own dependencies, as for `@UseGuards()`
 * @example @Controller('partners') @Unmanaged(PartnerKeyGuard, { reason: 'Partners have keys of their own.' }) export class PartnersController {}
 */
export function Unmanaged(guard: Type<CanActivate>, { reason }: { reason: string }): ClassDecorator & MethodDecorator {
  const lent = lendingTo(guard);
  return (target: object, method?: string | symbol, descriptor?: PropertyDescriptor) => {
    addStatement({ target, method }, { kind: 'unmanaged', reason });
    if (method === undefined) UseGuards(lent)(target as never);
    else UseGuards(lent)(target, method, descriptor!);
  };
}

/** The same guard, which is lent the credentials while it runs. A subclass, so that Nest injects what the guard itself declares. */
function lendingTo(guard: Type<CanActivate>): Type<CanActivate> {
  class LendingGuard extends guard {
    override canActivate(context: ExecutionContext): Promise<boolean> {
      const run = async (): Promise<boolean> => {
        const allowed = super.canActivate(context);
        return isObservable(allowed) ? lastValueFrom(allowed) : allowed;
      };
      const request = carriedRequest(context);
      return request ? lendCredentials(request, run) : run();
    }
  }
  Object.defineProperty(LendingGuard, 'name', { value: guard.name });
  return LendingGuard;
}
