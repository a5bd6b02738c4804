import { type AgentRef } from '../token/actor-chain.js';
import { createEnvelope } from './create-envelope.js';
import {
  type Delegation,
  type DelegationMode,
  type EnvelopeParts,
  type ExecutionIdentityEnvelope,
  rightsOfEnvelope,
} from './execution-identity-envelope.js';
import { freezeList } from './frozen.js';
import { type Rights } from './held-rights.js';
import { partyRefusing } from './rights.js';

/** A downstream service as far as the envelope is concerned. */
export interface TargetGrant {
  readonly name: string;
  readonly mode: DelegationMode;
  readonly scopes: readonly string[];
  /** Our scopes → scopes as the target names them, where it has names of its own. */
  readonly scopeMap?: Readonly<Record<string, readonly string[]>>;
  /** Services that it may call onward in the same identity, and the scopes it may use there. */
  readonly onward: Readonly<Record<string, readonly string[]>>;
  /** It takes each Txn-Token once: every call gets one of its own. Default false. */
  readonly singleUse?: boolean;
  /** Its Txn-Tokens say which approval the call has used up. Every call gets one of its own then, whatever `singleUse` is. Default false. */
  readonly carriesApproval?: boolean;
}

const NO_DELEGATION: Delegation = Object.freeze({ allowed: freezeList<string>([]), modes: Object.freeze({}) });

/** What a handler with these targets may call, and how. It is frozen, with all that is in it. */
export function delegationTo(targets: readonly Pick<TargetGrant, 'name' | 'mode'>[]): Delegation {
  if (!targets.length) return NO_DELEGATION;
  const mode = sharedMode(targets);
  return Object.freeze({
    allowed: Object.freeze(targets.map(({ name }) => name)),
    modes: Object.freeze(Object.fromEntries(targets.map(target => [target.name, target.mode]))),
    ...(mode !== undefined && { mode }),
  });
}

/** The mode that all targets share; `undefined` where they differ, or where there is none. */
export function sharedMode(targets: readonly Pick<TargetGrant, 'mode'>[]): DelegationMode | undefined {
  const [mode, another] = new Set(targets.map(target => target.mode));
  return another === undefined ? mode : undefined;
}

/**
 * The envelope for one target: the mode of the target, the scopes that both have, and no other target but those of its onward ones that the agent
 * and the tenant allow. What may be used at those stands beside their names, and is no right of the target itself. An approval is left out unless
 * the target carries approvals.
 */
export function narrow(
  issued: ExecutionIdentityEnvelope,
  target: TargetGrant,
  now: number,
  lifetime: number,
): ExecutionIdentityEnvelope {
  const { approval, ...envelope } = issued;
  return createEnvelope({
    ...envelope,
    ...narrowedRights(envelope, target, rightsOfEnvelope(issued)),
    ...(approval && target.carriesApproval && { approval }),
    meta: { ...envelope.meta, created_at: now, expires_at: Math.min(envelope.meta.expires_at, now + lifetime) },
  });
}

/**
 * What the envelope for one target says of rights, as plain data.
 *
 * @param rights what limits the identity that the envelope is of
 */
export function narrowedRights(
  envelope: EnvelopeParts,
  target: TargetGrant,
  rights: Rights | undefined,
): Pick<EnvelopeParts, 'authorization' | 'delegation'> {
  const { scopes: held } = envelope.authorization;
  const onward = onwardRights(held, target.onward, rights);
  const names = Object.keys(onward);
  return {
    authorization: { ...envelope.authorization, scopes: targetScopes(held, target) },
    delegation: {
      ...delegationTo([target]),
      allowed: [target.name, ...names],
      ...(names.length > 0 && { onward }),
    },
  };
}

/** The scopes to request for a target: those that are held and may be used there, by the names that the target gives them. */
export function targetScopes(held: readonly string[], { scopes, scopeMap }: TargetGrant): string[] {
  return [
    ...new Set(held.filter(scope => scopes.includes(scope)).flatMap(scope => scopeMap?.[scope] ?? [scope])),
  ].sort();
}

/** The scopes that are held and may be used at each onward service that every ceiling allows. One for which none are left is not named. */
function onwardRights(
  held: readonly string[],
  configured: TargetGrant['onward'],
  rights: Rights | undefined,
): TargetGrant['onward'] {
  return Object.fromEntries(
    Object.entries(configured)
      .filter(([service]) => !rights || partyRefusing(rights, 'targets', service) === undefined)
      .map(([service, scopes]) => [service, [...new Set(held.filter(scope => scopes.includes(scope)))].sort()] as const)
      .filter(([, scopes]) => scopes.length > 0),
  );
}

/** The agents that the inbound credential named. An agent that only our registry knows is not in a token's chain. */
export function inboundChain({ agent }: EnvelopeParts): readonly AgentRef[] {
  return agent.source === 'act' ? agent.chain : [];
}
