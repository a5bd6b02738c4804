import { Inject, Injectable } from '@nestjs/common';
import { type Requirement } from 'execution-identity';
import { ServerProfile } from '../configuration/server-profile.js';
import { type BootCheck, BootChecks, type BootProblem } from './boot-checks.js';
import { Posture } from './posture/posture.js';

/** Checks that no handler requires a scope that is not in the catalogue of the application, where it declares one: nobody could hold it. */
@Injectable()
export class ScopesCheck implements BootCheck {
  /** The requirements that adapters read of foreign decorators come first. */
  readonly isLast = true;

  constructor(
    @Inject(BootChecks) checks: BootChecks,
    @Inject(Posture) private readonly posture: Posture,
    @Inject(ServerProfile) private readonly profile: ServerProfile,
  ) {
    checks.add(this);
  }

  problems(): BootProblem[] {
    const { scopeCatalogue, impliedScopes } = this.profile;
    if (!scopeCatalogue) return [];
    const known = new Set([...scopeCatalogue, ...impliedScopes]);
    return this.posture.served().flatMap(({ entry: { type, name, policy } }) => {
      const requirements = policy.kind === 'protected' ? policy.requirements : [];
      const unknown = new Set(requirements.flatMap(scopesOf).filter(scope => !known.has(scope)));
      return [...unknown].map(scope => ({
        type,
        message: `${name} requires the scope "${scope}", which is not in authorization.scopeCatalogue: correct its spelling, or add it there.`,
      }));
    });
  }
}

/** Of a requirement of any kind. */
function scopesOf(requirement: Requirement): readonly string[] {
  return 'scopes' in requirement ? requirement.scopes : [];
}
