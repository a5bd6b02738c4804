import { type Type } from '@nestjs/common';
import { type Handler } from '../authorization/handler-metadata.js';
import { handlerPolicy, isMarkedPublic } from '../authorization/policy-metadata.js';
import { usesIdentity } from '../authorization/identity.decorator.js';
import { declaredTargets } from '../delegation/targets/declared-targets.js';
import { type TargetRegistry } from '../delegation/targets/target-registry.js';
import { type BootProblem } from './boot-checks.js';

const POLICIES = '@RequireScopes(), @RequireAnyScope() or @Authenticated()';

/**
 * The problems with the identity policy of one handler, each with its fix: no policy, a policy that contradicts itself, or a declared
 * target that is not configured.
 */
export function handlerProblems(
  type: Type,
  handler: Handler,
  { kind, targets }: { kind: 'tool' | 'http'; targets: TargetRegistry },
): BootProblem[] {
  const name = `${type.name}.${handler.name}`;
  const policy = handlerPolicy(handler, type);
  const declared = declaredTargets(handler, type);
  const problems: string[] = [];
  const isPublic = isMarkedPublic(handler);
  if (policy.kind === 'none')
    problems.push(
      `${name} has no identity policy: decorate it with ${POLICIES}${kind === 'http' ? ', or @Public({ reason })' : ''}.`,
    );
  if (isPublic && kind === 'tool')
    problems.push(`${name} is a tool and cannot be @Public(): a tool always runs for somebody. Use @Authenticated().`);
  if (isPublic && policy.kind === 'protected')
    problems.push(`${name} is @Public() and has a requirement: remove one of the two.`);
  if (isPublic && (usesIdentity(handler) || declared.length))
    problems.push(`${name} is @Public() and uses an identity: a public handler has none.`);
  for (const target of declared.filter(one => !targets.isNamed(one))) {
    problems.push(
      `${name} declares the target "${target}", which is not configured: add it to the targets of EieModule.forRoot() or forFeature(), at a receiver to those of EieReceiverModule.forRoot().`,
    );
  }
  return problems.map(message => ({ message, type }));
}
