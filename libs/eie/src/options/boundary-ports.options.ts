import { IsOptional } from 'class-validator';
import { ApprovalStore, RequestStateStore } from 'execution-identity';
import { AgentSource } from './agent-source.js';
import { Extends } from './port-constraints.js';
import { PortsOptions } from './process.options.js';

/** The same at the boundary, where a client may ask its user during a call. */
export class BoundaryPortsOptions extends PortsOptions {
  /**
   * Remembers a call of an MCP tool while its client asks the user. Default: at the client, encrypted with a key of this
   * process. Several processes share `new EncryptedRequestStateStore(secret)`, or a store of their own, and `replay`: without it, each of
   * them takes a state once.
   */
  @IsOptional()
  @Extends(RequestStateStore)
  requestState?: RequestStateStore;

  /** Keeps the approvals of calls until each is used. Default: in this process. Several processes share a store. */
  @IsOptional()
  @Extends(ApprovalStore)
  approvals?: ApprovalStore;

  /** The agents that `issuers[].agents` does not name, and what each may do. Default: none. */
  @IsOptional()
  @Extends(AgentSource)
  agents?: AgentSource;
}
