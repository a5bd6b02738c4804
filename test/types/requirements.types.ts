import { expectTypeOf } from 'expect-type';
import { Authenticated, Public, RequireAnyScope, RequireScopes } from 'nestjs-eie';

// A requirement that demands nothing does not compile.
expectTypeOf(RequireScopes).parameters.toEqualTypeOf<[string, ...string[]]>();
expectTypeOf(RequireAnyScope).parameters.toEqualTypeOf<[string, ...string[]]>();
// @ts-expect-error -- it needs one scope
RequireScopes();
// @ts-expect-error -- it needs one scope
RequireAnyScope();
// @ts-expect-error -- a list may be empty
RequireScopes(...([] as string[]));
// @ts-expect-error -- scopes are texts
RequireScopes(['orders:read']);

// Whoever opens a handler to everybody says why.
// @ts-expect-error -- the reason is missing
Public();
// @ts-expect-error -- the reason is missing
Public({});
expectTypeOf(Public).toBeCallableWith({ reason: 'health check of the load balancer' });

// Requirements stand on methods and on classes, and what is public is said of one method.
@RequireScopes('orders:read', 'orders:list')
@Authenticated()
export class Handlers {
  @RequireAnyScope('orders:read', 'orders:write')
  method() {}

  @Public({ reason: 'health check of the load balancer' })
  health() {}

  // @ts-expect-error -- not of a parameter
  parameter(@RequireScopes('orders:read') _value: string) {}
}

// @ts-expect-error -- a whole class is never public
@Public({ reason: 'everything' })
export class Open {}
