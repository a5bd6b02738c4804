import {
  EncryptedRequestStateStore,
  MemoryApprovalStore,
  MemoryReplayStore,
  MemoryRequestStateStore,
  MemoryRevocationStore,
} from 'execution-identity';
import { type ServerOptions } from '../server-profile.js';

/** What is in the memory of one process, so that another instance of the same server does not have it. */
export type OwnState = 'replay' | 'revocation' | 'approvals' | 'requestState' | 'nonces' | 'signing';

/** What a receiver says of its callers. */
interface Trust {
  readonly singleUse?: boolean;
}

/** By the options: the defaults, and stores of this library that are in memory. A store of the application counts as shared. */
export function ownState({
  ports = {},
  authorization = {},
  signing,
  trust,
}: Pick<ServerOptions, 'ports' | 'authorization'> & {
  readonly signing?: unknown;
  readonly trust?: Trust;
}): OwnState[] {
  const { replay, revocation, approvals, requestState } = ports;
  const isOwn: Readonly<Record<OwnState, boolean>> = {
    replay: !replay || replay instanceof MemoryReplayStore,
    revocation: !revocation || revocation instanceof MemoryRevocationStore,
    approvals: !approvals || approvals instanceof MemoryApprovalStore,
    requestState:
      !requestState ||
      requestState instanceof MemoryRequestStateStore ||
      (requestState instanceof EncryptedRequestStateStore && !requestState.isShared),
    nonces: authorization.proofOfPossession?.nonces === true,
    signing: signing === 'ephemeral',
  };
  const used = trust ? usedByReceiver(trust) : (Object.keys(isOwn) as OwnState[]);
  return used.filter(name => isOwn[name]);
}

/** Its calls bring their approvals, and it takes nothing once unless it is told to. */
const usedByReceiver = ({ singleUse }: Trust): OwnState[] => (singleUse ? ['replay', 'revocation'] : ['revocation']);
