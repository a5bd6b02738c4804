import { addStatement, reasonIn } from './policy-metadata.js';
import { type AgentName, type LoginRequirement, type Requirement } from 'execution-identity';

type ClassOrMethodDecorator = ClassDecorator & MethodDecorator;

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isAgent = (value: unknown): boolean =>
  isText(value) || (isText((value as AgentName | null)?.issuer) && isText((value as AgentName).id));

/** What comes from the environment, or from JavaScript, may be of another type than it says. */
function assertTexts(decorator: string, values: unknown, isFit = isText): void {
  if (!Array.isArray(values) || !values.every(isFit))
    throw new TypeError(`${decorator} takes a list of texts, each with at least one character.`);
}

/** No token has a scope with a space in it: RFC 6749 §3.3. */
function assertScopes(decorator: string, scopes: readonly string[]): void {
  assertTexts(decorator, scopes);
  if (scopes.some(scope => /\s/.test(scope)))
    throw new TypeError(`${decorator} takes each scope by itself, without spaces: ('orders:read', 'orders:write').`);
}

function requirement(value: Requirement): ClassOrMethodDecorator {
  // A list from elsewhere may be empty, whatever its type says.
  if (Object.values(value).some(one => Array.isArray(one) && !one.length))
    throw new TypeError(
      'A requirement needs at least one scope, role, agent or value of acr; use @Authenticated() where none is needed.',
    );
  return (target: object, method?: string | symbol) => addStatement({ target, method }, value);
}

/**
 * The identity must hold all of these scopes. On a class it applies to all its handlers; several decorators add up. A caller that lacks
 * one gets 403 `insufficient_scope`, which names all scopes of the operation (RFC 6750 §3.1).
 *
 * @example @Tool({ name: 'refund' }) @RequireScopes('orders:read', 'orders:refund') refund() {}
 */
export function RequireScopes(...scopes: [string, ...string[]]): ClassOrMethodDecorator {
  assertScopes('@RequireScopes()', scopes);
  return requirement({ kind: 'all_scopes', scopes });
}

/**
 * The identity must hold at least one of these scopes. Put the least powerful first: a refused caller is told to request that one.
 *
 * @example @RequireAnyScope('orders:read', 'orders:write') list() {}
 */
export function RequireAnyScope(...scopes: [string, ...string[]]): ClassOrMethodDecorator {
  assertScopes('@RequireAnyScope()', scopes);
  return requirement({ kind: 'any_scope', scopes });
}

/**
 * The identity must have at least one of these roles: of the claim that `claims.roles` of its issuer names. A caller without one gets 403
 * without a hint, because no client can ask for a role.
 *
 * @example @Tool({ name: 'close_account' }) @RequireRoles('support', 'admin') close() {}
 */
export function RequireRoles(...roles: [string, ...string[]]): ClassOrMethodDecorator {
  assertTexts('@RequireRoles()', roles);
  return requirement({ kind: 'any_role', roles });
}

/**
 * A user must act, or a service: one that acts for itself, by client credentials, with tools of its own. A caller of the other kind gets 403
 * `actor_not_allowed`, and lists do not show it the tool. Without this decorator both may run the handler.
 *
 * @example @Tool({ name: 'close_the_day' }) @RequireActor('service') @RequireScopes('ledger:write') closeTheDay() {}
 */
export function RequireActor(type: 'user' | 'service'): ClassOrMethodDecorator {
  if (!['user', 'service'].includes(type)) throw new TypeError("@RequireActor() takes 'user' or 'service'.");
  return requirement({ kind: 'actor', type });
}

/**
 * One of these agents must execute, whoever acts. A text is the id of an agent that is registered at its issuer, by `issuers[].agents`, `ports.agents` or
 * `claims.agent`; at a service behind `EieReceiverModule`, by the server that calls. `{ issuer, id }` takes the word of that issuer: the agent
 * need NOT be registered. Any other agent gets 403 `agent_not_allowed`.
 *
 * @example @Tool({ name: 'refund' }) @RequireAgent('support-copilot') @RequireScopes('orders:refund') refund() {}
 */
export function RequireAgent(...agents: [string | AgentName, ...(string | AgentName)[]]): ClassOrMethodDecorator {
  assertTexts('@RequireAgent()', agents, isAgent);
  return requirement({ kind: 'any_agent', agents });
}

/**
 * The user must have logged in by one of the ways in `acr`, and `maxAge` seconds ago at most. It reads the claims `acr` and `auth_time`, which
 * the issuer must write. A user who has not gets 401 `insufficient_user_authentication` with what the next login must achieve, in an MCP tool
 * as the `challenge` of its result (RFC 9470 §3). A service, which does not log in, gets 403 `actor_not_allowed`.
 *
 * @param maxAge seconds
 * @example @Tool({ name: 'change_payee' }) @RequireLogin({ acr: ['phr'], maxAge: 300 }) changePayee() {}
 */
export function RequireLogin({ acr, maxAge }: Omit<LoginRequirement, 'kind'>): ClassOrMethodDecorator {
  if (acr === undefined && maxAge === undefined) throw new TypeError('@RequireLogin() needs "acr", "maxAge" or both.');
  if (maxAge !== undefined && !(Number.isInteger(maxAge) && maxAge >= 0))
    throw new TypeError('@RequireLogin({ maxAge }) must be a whole number of seconds.');
  if (acr !== undefined) assertTexts("@RequireLogin({ acr: ['…'] })", acr);
  return requirement({ kind: 'login', ...(acr && { acr }), ...(maxAge !== undefined && { maxAge }) });
}

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
 * @throws TypeError for an empty reason
 * @example @Get('health') @Public({ reason: 'The load balancer asks before it has a token.' }) health() {}
 */
export function Public(stated: { reason: string }): MethodDecorator {
  const reason = reasonIn(stated, '@Public({ reason }) needs a reason: why anybody may call it.');
  return (target, method) => addStatement({ target, method }, { kind: 'public', reason });
}
