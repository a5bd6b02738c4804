import { Injectable } from '@nestjs/common';
import { EieConfigurationError } from 'execution-identity';
import { TargetRegistry } from '../delegation/targets/target-registry.js';
import { type TargetOptions } from '../options/target.options.js';

/**
 * The services that a receiver calls onward, with its own tokens and with the envelopes as it received them. It has no key to seal an
 * envelope and no user token to exchange. The received envelope says which of these targets a call may reach.
 */
@Injectable()
export class OnwardTargets extends TargetRegistry {
  protected override get where(): string {
    return 'EieReceiverModule.forRoot()';
  }

  protected override assertPossible(where: string, { mode, singleUse, carriesApproval, onward }: TargetOptions): void {
    if (mode !== 'service_identity')
      throw new EieConfigurationError(
        `${where}.mode must be "service_identity": a receiver has no token of the user, who travels in the Txn-Token that it passes on.`,
      );
    if (singleUse)
      throw new EieConfigurationError(
        `${where}.singleUse must be left out: the Txn-Token is passed on as it came, and only the server that seals it can give it an id.`,
      );
    if (carriesApproval)
      throw new EieConfigurationError(
        `${where}.carriesApproval must be left out: the approval of a call is for the service that it was sealed for, and is not passed on.`,
      );
    if (onward)
      throw new EieConfigurationError(
        `${where}.onward must be left out: the server that seals the Txn-Token says who may be called onward.`,
      );
  }
}
