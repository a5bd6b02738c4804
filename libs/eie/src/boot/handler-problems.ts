import { usesIdentity } from '../authorization/identity.decorator.js';
import { approvalsOf } from '../authorization/require-approval.decorator.js';
import { isRequirement, statementsOf } from '../authorization/policy-metadata.js';
import { ownGuard } from '../authorization/unmanaged.decorator.js';
import { type TargetRegistry } from '../delegation/targets/target-registry.js';
import { type HandlerEntry } from '../record/handler-entry.js';
import { type BootProblem } from './boot-checks.js';

const POLICIES = '@RequireScopes(), @RequireAnyScope(), @RequireRoles() or @Authenticated()';
const EXCEPTIONS = { public: '@Public()', unmanaged: '@Unmanaged()' } as const;

/** Where a handler is reached. */
interface HandlerPlace {
  readonly kind: 'tool' | 'http' | 'job';
  readonly targets: TargetRegistry;
  readonly isUnguarded?: boolean;
  /** Where the approval of a call can come from: asked for here, or brought by the call. `unchecked`: brought as often as somebody likes. */
  readonly approvals?: 'asked' | 'carried' | 'unchecked';
}

/**
 * The problems with the identity policy of one handler, each with its fix: no policy, a policy that contradicts itself, or a declared
 * target that is not configured.
 */
export function handlerProblems(
  entry: HandlerEntry,
  { kind, targets, isUnguarded = false, approvals }: HandlerPlace,
): BootProblem[] {
  const { type, name, policy, targets: declared } = entry;
  const problems: string[] = [];
  if (policy.kind === 'none')
    problems.push(
      `${name} has no identity policy: decorate it with ${POLICIES}${kind === 'http' ? exceptionsFor(entry) : ''}.`,
    );
  problems.push(...approvalProblems(entry, approvals));
  if (isUnguarded) problems.push(unguarded(name));
  for (const exception of exceptionsOf(entry)) {
    if (kind !== 'http')
      problems.push(
        `${name} is a ${kind} and cannot be ${EXCEPTIONS[exception]}: a ${kind} always runs for somebody. Use @Authenticated().`,
      );
    problems.push(...contradictions(entry, exception));
  }
  for (const target of declared.filter(one => !targets.isNamed(one))) {
    problems.push(
      `${name} declares the target "${target}", which is not configured: add it to the targets of EieModule.forRoot() or forFeature(), at a receiver to those of EieReceiverModule.forRoot().`,
    );
  }
  return problems.map(message => ({ message, type }));
}

function exceptionsFor({ type, method }: HandlerEntry): string {
  const guard = ownGuard(type, method);
  const kept = guard
    ? `@Unmanaged(${guard}, { reason }) in place of its @UseGuards(${guard})`
    : '@Unmanaged(guard, { reason })';
  return `, or @Public({ reason }) or ${kept}; one of a package, that you cannot decorate, gets its policy by authorization.routes`;
}

const exceptionsOf = ({ type, method }: HandlerEntry) =>
  (['public', 'unmanaged'] as const).filter(kind => statementsOf(type, method).some(one => one.kind === kind));

/** What contradicts that the handler runs for nobody whom this library knows. */
function contradictions(
  { type, method, name, targets }: HandlerEntry,
  exception: keyof typeof EXCEPTIONS,
): readonly string[] {
  const decorator = EXCEPTIONS[exception];
  return [
    statementsOf(type, method).some(isRequirement) &&
      `${name} is ${decorator} and has a requirement: remove one of the two.`,
    (usesIdentity(type, method) || targets.length > 0) &&
      `${name} is ${decorator} and uses an identity: such a handler has none.`,
  ].filter(problem => problem !== false);
}

/** The same of a message handler, gateway or resolver that is `@Unmanaged()`: nothing that it demands would be checked, and nobody fills what it uses. */
export function unmanagedProblems(entry: HandlerEntry): BootProblem[] {
  if (!exceptionsOf(entry).includes('unmanaged')) return [];
  const approval = entry.approval
    ? [`${entry.name} is @Unmanaged() and has @RequireApproval(): remove one of the two.`]
    : [];
  return [...contradictions(entry, 'unmanaged'), ...approval].map(message => ({ type: entry.type, message }));
}

function approvalProblems(
  { type, method, name, policy, approval }: HandlerEntry,
  approvals: HandlerPlace['approvals'],
): string[] {
  if (!approval) return [];
  const isOpen = policy.kind === 'public' || policy.kind === 'unmanaged';
  return [
    !approvals &&
      'has @RequireApproval(), which works on methods with @Tool() of nestjs-eie/mcp, and on HTTP handlers behind EieReceiverModule.',
    approvals === 'unchecked' &&
      'has @RequireApproval(), and a Txn-Token could bring the same approval many times: give EieReceiverModule.forRoot() "trust: { singleUse: true }".',
    approvals === 'carried' &&
      approval.show.length > 0 &&
      'has @RequireApproval({ show }), and a receiver asks nobody: leave "show" out. What the approver sees is said at the tool of the caller.',
    isOpen && `is ${EXCEPTIONS[policy.kind]} and has @RequireApproval(): remove one of the two.`,
    approvalsOf(type, method).length > 1 && 'has @RequireApproval() twice: keep one.',
  ]
    .filter(problem => problem !== false)
    .map(problem => `${name} ${problem}`);
}

/** @param name of a handler whose `@Unmanaged()` stands on a function that is not the one that runs */
export const unguarded = (name: string): string =>
  `${name} is @Unmanaged(), and its guard would not run: another decorator, bind() or an override has put a function in the place of the decorated one. Put @Unmanaged() on the class.`;
