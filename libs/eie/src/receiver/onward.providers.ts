import { type Provider } from '@nestjs/common';
import { AuditRecorder } from 'execution-identity/internal';
import { DelegationService } from '../delegation/delegation.service.js';
import { TargetRegistry } from '../delegation/targets/target-registry.js';
import { TokenClient } from '../delegation/exchange/token-client.js';
import { EieConfigurationError } from 'execution-identity';
import { EnvelopeSealer } from 'execution-identity/internal/seal';
import { IdentityRevocation } from '../revocation/identity-revocation.service.js';
import { IssuerClient } from '../issuers/issuer-client.js';
import { EieReceiverOptions } from './receiver.options.js';

/**
 * How a receiver calls onward: with tokens of its own, and with the envelopes as it received them. It has no key to seal one
 * and no token of a user to exchange. Which of its targets a call may reach, the received envelope says.
 */
export const onwardProviders: Provider[] = [
  { provide: TargetRegistry, useFactory: onwardTargets, inject: [EieReceiverOptions] },
  {
    provide: IdentityRevocation,
    useFactory: (audit: AuditRecorder, { clock = Date.now }: EieReceiverOptions) =>
      new IdentityRevocation(audit, clock),
    inject: [AuditRecorder, EieReceiverOptions],
  },
  {
    provide: DelegationService,
    useFactory: (
      options: EieReceiverOptions,
      targets: TargetRegistry,
      audit: AuditRecorder,
      revocation: IdentityRevocation,
    ) => {
      const { issuers, trust, fetch: fetcher = fetch, clock = Date.now } = options;
      const tokens = new TokenClient(new IssuerClient(issuers, fetcher));
      return new DelegationService(
        targets,
        tokens,
        new EnvelopeSealer(undefined, trust.trustDomain),
        audit,
        revocation,
        { fetch: fetcher, clock },
      );
    },
    inject: [EieReceiverOptions, TargetRegistry, AuditRecorder, IdentityRevocation],
  },
];

const WHERE = 'EieReceiverModule.forRoot()';

/** @throws EieConfigurationError naming target, option and fix */
function onwardTargets({ issuers, targets = {} }: EieReceiverOptions): TargetRegistry {
  const registry = new TargetRegistry(issuers);
  registry.add(targets, WHERE);
  for (const [name, { mode, singleUse, onward }] of Object.entries(targets)) {
    const target = `${WHERE}: targets.${name}`;
    if (mode !== 'service_identity')
      throw new EieConfigurationError(
        `${target}.mode must be "service_identity": a receiver has no token of the user, who travels in the Txn-Token that it passes on.`,
      );
    if (singleUse)
      throw new EieConfigurationError(
        `${target}.singleUse must be left out: the Txn-Token is passed on as it came, and only the server that seals it can give it an id.`,
      );
    if (onward)
      throw new EieConfigurationError(
        `${target}.onward must be left out: the server that seals the Txn-Token says who may be called onward.`,
      );
  }
  return registry;
}
