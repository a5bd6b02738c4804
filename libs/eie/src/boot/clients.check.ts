import { Inject, Injectable } from '@nestjs/common';
import { clientProblems, DelegationService } from '../delegation/delegation.service.js';
import { type BootCheck, BootChecks, type BootProblem } from './boot-checks.js';

/** Every key and signer by which this server proves itself to its issuers can sign: else it would show at the first call. */
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
