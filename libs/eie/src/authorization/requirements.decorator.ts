import { addStatement } from './policy-metadata.js';
import { type Requirement } from 'execution-identity';

type ClassOrMethodDecorator = ClassDecorator & MethodDecorator;

function requirement(value: Requirement): ClassOrMethodDecorator {
  // A list from elsewhere may be empty, whatever its type says.
  if (('scopes' in value && !value.scopes.length) || ('roles' in value && !value.roles.length))
    throw new TypeError('A requirement needs at least one scope or role; use @Authenticated() where none is needed.');
  return (target: object, method?: string | symbol) => addStatement({ target, method }, value);
}

/**
 * The identity must hold all of these scopes. On a class it applies to all its handlers; several decorators add up. A caller that lacks
 * one gets 403 `insufficient_scope`, which names all scopes of the operation (RFC 6750 §3.1).
 *
 * @example @Tool({ name: 'refund' }) @RequireScopes('orders:read', 'orders:refund') refund() {}
 */
export const RequireScopes = (...scopes: [string, ...string[]]): ClassOrMethodDecorator =>
  requirement({ kind: 'all_scopes', scopes });

/**
 * The identity must hold at least one of these scopes. Put the least powerful first: a refused caller is told to request that one.
 *
 * @example @RequireAnyScope('orders:read', 'orders:write') list() {}
 */
export const RequireAnyScope = (...scopes: [string, ...string[]]): ClassOrMethodDecorator =>
  requirement({ kind: 'any_scope', scopes });

/**
 * The identity must have at least one of these roles: of the claim that `claims.roles` of its issuer names. A caller without one gets 403
 * without a hint, because no client can ask for a role.
 *
 * @example @Tool({ name: 'close_account' }) @RequireRoles('support', 'admin') close() {}
 */
export const RequireRoles = (...roles: [string, ...string[]]): ClassOrMethodDecorator =>
  requirement({ kind: 'any_role', roles });

/**
 * Every verified identity may run the handler. No scope is needed.
 *
 * @example @Tool({ name: 'who_am_i' }) @Authenticated() whoAmI(@Identity('actor.sub') user: string) {}
 */
export const Authenticated = (): ClassOrMethodDecorator => requirement({ kind: 'authenticated' });

/**
 * The HTTP handler runs without an identity, for the given reason. Credentials are removed from its requests too. It is refused at boot
 * on a tool, beside a requirement, and beside `@Identity()`.
 *
 * @example @Get('health') @Public({ reason: 'The load balancer asks before it has a token.' }) health() {}
 */
export function Public({ reason }: { reason: string }): MethodDecorator {
  return (target, method) => addStatement({ target, method }, { kind: 'public', reason });
}
