import { type AgentOptions } from './ceiling.options.js';

/** Which agent is asked for. All of it is verified; nothing is from a model. */
export interface AgentQuestion {
  /** Of the token. */
  readonly issuer: string;
  readonly clientId: string;
  /**
   * Whom the token names as its agent, by `act` or by `claims.agent`. The answer is then about that agent, and has its id. Absent where the question
   * is about the client.
   */
  readonly agent?: string;
  /** Of the actor, where the token names one. */
  readonly tenant?: string;
  /** Aborts when the answer would be too late: after 2 seconds. */
  readonly signal: AbortSignal;
}

/**
 * An agent registry outside the configuration, such as one that an administrator changes while the server runs. Extend it, and give an
 * instance as `ports.agents`. It is asked about clients that `issuers[].agents` does not name, and apart from them about agents that a token names and
 * the options do not: once a minute at most for each issuer, client, agent and tenant, so that a change counts a minute later. All answers
 * limit the call. While it fails, calls of those agents are refused.
 *
 * @example
 * class AgentTable extends AgentSource {
 *   find({ issuer, clientId, agent, signal }: AgentQuestion) {
 *     if (agent !== undefined) return this.#database.agent(issuer, agent, { signal }); // { id: agent, scopes: ['orders:read'] }
 *     return this.#database.client(issuer, clientId, { signal }); // { id: 'support-copilot', scopes: ['orders:read'] }
 *   }
 * }
 */
export abstract class AgentSource {
  /**
   * @returns the agent and its ceiling; `undefined` where it is not registered: see `authorization.unregisteredAgents`. An entry registers the
   * agent whose id it has. One of another id than the agent that the token names limits it all the same, and does not register it.
   */
  abstract find(question: AgentQuestion): Promise<AgentOptions | undefined>;
}
