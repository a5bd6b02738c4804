import { type Proof } from './proof.js';

/** One call as `--json` shows it: who acted by the audit log, and what the API saw by its own report. */
export interface CallResult {
  tool: string;
  actor_sub: string | null;
  actor_type: 'user' | 'service' | null;
  tenant: string | null;
  agent_id: string | null;
  client_id: string | null;
  delegation_mode: string | null;
  target: string | null;
  http: number;
  outcome: 'ok' | 'refused' | 'failed';
  trace_id: string;
  downstream: Downstream | null;
}

/** The claims of the access token that the API received, and whether its Txn-Token was believed there. */
export interface Downstream {
  sub: string;
  act: ActClaim | null;
  aud: string;
  scope: string;
  txn_verified: boolean;
}

export interface ActClaim {
  sub: string;
  act?: ActClaim;
}

/** One server on the way of a call: who acted there, by its own audit log. */
export interface Hop {
  part: 'mcp-server' | 'delivery-server';
  tool: string | null;
  actor_sub: string | null;
  agent_id: string | null;
  /** The agents that the token named there, outermost first. */
  chain: string[];
}

/** A call through both MCP servers; joined when both audit logs have it under one trace and for one user. */
export interface TwoHops {
  trace_id: string;
  hops: Hop[];
  joined: boolean;
}

export interface RefusalResult {
  case: string;
  http: number | null;
  reason: string;
  audited: boolean;
}

/** A call that was refused for want of a scope, and made again when the client had authorized once more. */
export interface StepUp {
  user: string | null;
  /** The scopes of the token, before and after. */
  before: string[];
  /** The scopes that HTTP 403 `insufficient_scope` asked for. */
  challenged: string[];
  after: string[];
  outcome: CallResult['outcome'];
  /** The audit log holds the refusal and then the allowed call, for the same user and agent. */
  audited: boolean;
}

/** A call that a person has approved, the same call again, and one with another amount under a second approval. */
export interface ApprovalResult {
  user: string | null;
  approval_id: string | null;
  /** What the person was shown, line by line. */
  shown: string[];
  outcome: CallResult['outcome'];
  /** The audit log holds the question, the decision, the call and its end, in this order and under one `approval_id`. */
  audited: boolean;
  replayed: Misused;
  substituted: Misused;
  /** The amounts of all refunds that the orders API received, in EUR. */
  refunds: number[];
}

/** What became of a call with an approval that was not for it. */
export interface Misused {
  outcome: CallResult['outcome'];
  /** On the audit log. */
  reason: string | null;
  /** On the audit log: which approval it was, where its state could still be read. */
  approval_id: string | null;
  /** How many requests all APIs together received in the trace of the call. */
  requests: number;
  told: string;
}

export interface DemoResult {
  ok: boolean;
  calls: CallResult[];
  hops: TwoHops[];
  refusals: RefusalResult[];
  stepUp: StepUp;
  approval: ApprovalResult;
  leaks: number;
  leakControl: { planted: number; found: number };
  audit: { events: number; folder: string; proof: Proof };
}

/** The subjects of an actor chain, outermost first. */
export function chain(act: ActClaim | null | undefined): string[] {
  return act ? [act.sub, ...chain(act.act)] : [];
}

/** One line for each expectation that does not hold. */
export function differences(
  what: string,
  expected: Record<string, unknown>,
  actual: Record<string, unknown>,
): string[] {
  return Object.keys(expected).flatMap(name => {
    const [wanted, got] = [expected[name], actual[name]].map(value => JSON.stringify(value));
    return wanted === got ? [] : [`${what}: ${name} is ${got}, expected ${wanted}`];
  });
}
