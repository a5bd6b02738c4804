import { type DelegationMode, type ExecutionIdentityEnvelope } from 'execution-identity';

/** For the logs of a service alone. Anybody can send them, so no decision may depend on them. */
export const ADVISORY_HEADERS = ['x-actor-sub', 'x-agent-id', 'x-delegation-mode', 'x-trace-id'] as const;

/** Percent-encoded, since an identifier may hold any character. */
export function advisoryHeaders(
  { actor, agent, session }: ExecutionIdentityEnvelope,
  mode: DelegationMode,
): [name: (typeof ADVISORY_HEADERS)[number], value: string][] {
  return [
    ['x-actor-sub', encodeURIComponent(actor.sub)],
    ['x-agent-id', encodeURIComponent(agent.id)],
    ['x-delegation-mode', mode],
    ['x-trace-id', session.trace_id],
  ];
}
