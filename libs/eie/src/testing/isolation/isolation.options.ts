import { type TestIdentity } from '../app/test-identity.js';
import { type McpEra } from '../app/tool-call.js';

/** A tool that every user calls, and with which input. */
export interface IsolatedTool {
  readonly name: string;
  readonly input?: object | ((user: TestIdentity) => object);
  /** The path of the MCP route. Needed where there are several. */
  readonly path?: string;
}

/** The options of {@link expectIsolated}. */
export interface IsolationOptions {
  /** How many users there are, or who they are: each with a `sub` that is part of no other's. Default 10. */
  readonly users?: number | readonly TestIdentity[];
  /** What all users have in common: tenant, scopes, agent. */
  readonly as?: Omit<TestIdentity, 'sub'>;
  readonly tools: readonly (string | IsolatedTool)[];
  /** How often each user calls each tool, in another order each time. Default 5. */
  readonly interleavings?: number;
  /** Calls at once. Default 50. */
  readonly atOnce?: number;
  /** Default: that of the application. */
  readonly era?: McpEra;
  /** Repeats the orders of an earlier run. Default: a new one, which a failure names. */
  readonly seed?: number;
}

/** What was looked at. */
export interface IsolationReport {
  readonly calls: number;
  /** Records of the audit log that belong to these calls. */
  readonly records: number;
  /** Calls of fake targets that belong to them. */
  readonly targetCalls: number;
  readonly seed: number;
}
