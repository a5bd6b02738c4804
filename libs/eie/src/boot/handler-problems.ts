import { usesIdentity } from '../authorization/identity.decorator.js';
import { isRequirement, statementsOf } from '../authorization/policy-metadata.js';
import { type TargetRegistry } from '../delegation/targets/target-registry.js';
import { type HandlerEntry } from '../record/handler-entry.js';
import { type BootProblem } from './boot-checks.js';

const POLICIES = '@RequireScopes(), @RequireAnyScope(), @RequireRoles() or @Authenticated()';
const EXCEPTIONS = { public: '@Public()', unmanaged: '@Unmanaged()' } as const;

/**
 * The problems with the identity policy of one handler, each with its fix: no policy, a policy that contradicts itself, or a declared
 * target that is not configured.
 */
export function handlerProblems(
  { type, method, name, policy, targets: declared }: HandlerEntry,
  { kind, targets, isUnguarded = false }: { kind: 'tool' | 'http'; targets: TargetRegistry; isUnguarded?: boolean },
): BootProblem[] {
  const problems: string[] = [];
  if (policy.kind === 'none')
    problems.push(
      `${name} has no identity policy: decorate it with ${POLICIES}${kind === 'http' ? ', or @Public({ reason }) or @Unmanaged(guard, { reason })' : ''}.`,
    );
  if (isUnguarded) problems.push(unguarded(name));
  const statements = statementsOf(type, method);
  for (const exception of ['public', 'unmanaged'] as const) {
    if (!statements.some(one => one.kind === exception)) continue;
    const decorator = EXCEPTIONS[exception];
    if (kind === 'tool')
      problems.push(
        `${name} is a tool and cannot be ${decorator}: a tool always runs for somebody. Use @Authenticated().`,
      );
    if (statements.some(isRequirement))
      problems.push(`${name} is ${decorator} and has a requirement: remove one of the two.`);
    if (usesIdentity(type, method) || declared.length)
      problems.push(`${name} is ${decorator} and uses an identity: such a handler has none.`);
  }
  for (const target of declared.filter(one => !targets.isNamed(one))) {
    problems.push(
      `${name} declares the target "${target}", which is not configured: add it to the targets of EieModule.forRoot() or forFeature(), at a receiver to those of EieReceiverModule.forRoot().`,
    );
  }
  return problems.map(message => ({ message, type }));
}

/** @param name of a handler whose `@Unmanaged()` stands on a function that is not the one that runs */
export const unguarded = (name: string): string =>
  `${name} is @Unmanaged(), and its guard would not run: another decorator, bind() or an override has put a function in the place of the decorated one. Put @Unmanaged() on the class.`;
