import { type AuditEvent } from 'nestjs-eie';

/** What one credential that came with a request says about its parties. */
export interface Party {
  readonly from: 'access token' | 'Txn-Token';
  readonly sub: string;
  readonly tenant?: string | undefined;
  readonly session?: string | undefined;
  /** Every agent that is named, outermost first. */
  readonly agents: readonly string[];
}

/** One request as an API has received it. */
export interface Arrival {
  readonly api: string;
  readonly url: string;
  readonly trace: string | undefined;
  readonly parties: readonly Party[];
}

export type SeenRecord = Pick<
  AuditEvent,
  'service' | 'type' | 'handler' | 'trace_id' | 'actor_sub' | 'tenant' | 'agent_id' | 'client_id' | 'session_id'
>;

/** An application as it is seen from outside. */
export interface ObservedApplication {
  /** Where it answers, without a path. */
  readonly url: string;
  /** The path of its MCP route. */
  readonly mcpPath: string;
  /** What the APIs behind it have received since the last time this was asked. */
  arrivals(): readonly Arrival[];
  /** What it and the receivers behind it have recorded since the last time. */
  records(): Promise<readonly SeenRecord[]>;
}
