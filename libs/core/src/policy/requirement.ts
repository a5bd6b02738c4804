/** One condition on who may run a handler. All conditions on its method and its class must hold. */
export type Requirement =
  | { readonly kind: 'all_scopes'; readonly scopes: readonly string[] }
  | { readonly kind: 'any_scope'; readonly scopes: readonly string[] }
  | { readonly kind: 'any_role'; readonly roles: readonly string[] }
  | { readonly kind: 'actor'; readonly type: 'user' | 'service' }
  /** An id alone is that of an agent that is registered at the issuer of its token; with an issuer, whoever that issuer calls so. */
  | { readonly kind: 'any_agent'; readonly agents: readonly (string | AgentName)[] }
  /** `acr`: one of these values; absent: any, and none. `maxAge`: seconds since `auth_time` at most; absent: any time, and none. */
  | { readonly kind: 'login'; readonly acr?: readonly string[]; readonly maxAge?: number }
  | { readonly kind: 'authenticated' };

/** How, and how recently, the user has logged in. */
export type LoginRequirement = Extract<Requirement, { kind: 'login' }>;

/** An agent at one issuer. */
export interface AgentName {
  readonly issuer: string;
  readonly id: string;
}

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
