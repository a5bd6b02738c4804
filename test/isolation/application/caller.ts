import { type ExecutionIdentityEnvelope } from 'nestjs-eie';

/** Whom the application takes its caller for. The harness compares every `caller` in an answer with who has made the call. */
export interface Caller {
  readonly sub: string;
  readonly tenant: string | undefined;
  readonly agent: string;
  readonly client: string;
  readonly session: string | undefined;
  readonly trace: string;
}

export const callerOf = ({ actor, agent, session }: ExecutionIdentityEnvelope): Caller => ({
  sub: actor.sub,
  tenant: actor.tenant,
  agent: agent.id,
  client: agent.client_id,
  session: session.id,
  trace: session.trace_id,
});
