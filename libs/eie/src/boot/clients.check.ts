import { Inject, Injectable } from '@nestjs/common';
import { clientProblems, DelegationService } from '../delegation/delegation.service.js';
import { type BootCheck, BootChecks, type BootProblem } from './boot-checks.js';

/** Checks that every key and signer for client authentication can sign. Otherwise the first call would fail. */
@Injectable()
export class ClientsCheck implements BootCheck {
  constructor(
    @Inject(BootChecks) checks: BootChecks,
    @Inject(DelegationService) private readonly delegation: DelegationService,
  ) {
    checks.add(this);
  }

  async problems(): Promise<BootProblem[]> {
    return (await clientProblems(this.delegation)).map(message => ({ message }));
  }
}
