import { Inject, Injectable } from '@nestjs/common';
import { fileURLToPath } from 'node:url';
import { type Copy, otherCopies as otherCopiesOfCore, thisCopy } from 'execution-identity/internal';
import { otherCopies, THIS_COPY } from '../configuration/copies.js';
import { type BootCheck, BootChecks, type BootProblem } from './boot-checks.js';

/** Checks that each package is loaded once. A copy does not know what another copy has decorated or branded. */
@Injectable()
export class CopiesCheck implements BootCheck {
  constructor(@Inject(BootChecks) checks: BootChecks) {
    checks.add(this);
  }

  problems(): BootProblem[] {
    return [
      ...problem('nestjs-eie', THIS_COPY, otherCopies()),
      ...problem('execution-identity', placeOf(thisCopy()), otherCopiesOfCore().map(placeOf)),
    ];
  }
}

function problem(name: string, own: string, others: readonly string[]): BootProblem[] {
  if (!others.length) return [];
  return [
    {
      message: `${name} is loaded ${others.length + 1} times, from ${[own, ...others].join(' and ')}: keep one. "npm ls ${name}" shows who installs which, "npm dedupe" removes a second one of the same version.`,
    },
  ];
}

const placeOf = ({ url, version }: Copy): string => `${fileURLToPath(url)} (${version})`;
