import { type Diagnostics } from '../ports/diagnostics.js';
import { type ReplayStore } from '../ports/replay-store.js';
import { type IssuerPolicy } from '../token/issuer-policy.js';
import {
  checkMembers,
  type Checks,
  checkPolicy,
  isKeySource,
  isMap,
  isSwitch,
  isText,
  UNCHECKED,
} from '../token/given-policy.js';
import { type SealTrust } from '../txn/open.js';
import { type Presenter } from './agreement.js';

/** What a downstream service accepts. */
export interface ReceiverPolicy {
  /** The name under which callers configure this service as a target. */
  readonly service: string;
  /** By the exact value of `iss`. A token that is bound (`cnf`) is refused, whatever the policy accepts. */
  readonly issuers: ReadonlyMap<string, IssuerPolicy>;
  readonly trust: SealTrust;
  readonly presenters: readonly Presenter[];
  /**
   * Takes each Txn-Token once, and none without a `jti`: callers then configure this target with `singleUse`. Without it, no approval
   * counts.
   */
  readonly replays?: ReplayStore;
  /** Where it is reported that `replays` does not answer. */
  readonly diagnostics?: Diagnostics;
}

const isPresenter = (value: unknown): boolean => {
  const { workload, issuer, clientId, forwards, ...others } = Object(value) as Partial<Presenter>;
  return [workload, issuer, clientId].every(isText) && isSwitch(forwards) && !Object.keys(others).length;
};

const POLICY: Checks<ReceiverPolicy> = {
  service: [isText, 'the name that callers give this service among their targets'],
  issuers: [isMap, 'a Map from "iss" to issuerPolicy({ … })'],
  presenters: [
    value => Array.isArray(value) && value.every(isPresenter),
    'a list of { workload, issuer, clientId }, each a text, with "forwards" true or false and nothing else',
  ],
  // Checked below, member by member.
  trust: UNCHECKED,
  replays: [
    value => value === undefined || typeof (Object(value) as { take?: unknown }).take === 'function',
    'a ReplayStore, such as new MemoryReplayStore(100_000)',
  ],
  diagnostics: UNCHECKED,
};

const TRUST: Checks<SealTrust> = {
  trustDomain: [isText, 'the trust domain of the sealing servers, a text'],
  issuers: [
    value => isMap(value) && [...(value as SealTrust['issuers']).values()].every(isKeySource),
    'a Map from the issuer of Txn-Tokens to a KeySource, such as remoteKeys(url)',
  ],
  codec: UNCHECKED,
};

const checked = new WeakSet<ReceiverPolicy>();

/** @throws EieConfigurationError naming each member that is wrong, and what it must be */
export function checkReceiver(policy: ReceiverPolicy): void {
  if (checked.has(policy)) return;
  checkMembers(policy, POLICY, 'The policy of this receiver');
  checkMembers(policy.trust, TRUST, 'The member "trust" of the policy of this receiver');
  for (const issuer of policy.issuers.values()) checkPolicy(issuer);
  checked.add(policy);
}
