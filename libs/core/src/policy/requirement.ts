/** One condition on who may run a handler. All conditions on its method and its class must hold. */
export type Requirement =
  | { readonly kind: 'all_scopes'; readonly scopes: readonly string[] }
  | { readonly kind: 'any_scope'; readonly scopes: readonly string[] }
  | { readonly kind: 'any_role'; readonly roles: readonly string[] }
  | { readonly kind: 'authenticated' };

/**
 * Who may run a handler. `public`: anybody. `unmanaged`: a guard of the application decides, without an identity of this library.
 * `dispatcher`: it runs other handlers, each of which is decided by itself. `none`: nothing says so, and it is refused.
 */
export type HandlerPolicy =
  | { readonly kind: 'protected'; readonly requirements: readonly Requirement[] }
  | { readonly kind: 'public'; readonly reason: string }
  | { readonly kind: 'unmanaged'; readonly reason: string }
  | { readonly kind: 'dispatcher' }
  | { readonly kind: 'none' };
