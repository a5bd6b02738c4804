import { type Ceiling } from '../token/ceiling.js';
import { type ScopeHierarchy } from '../token/scope-hierarchy.js';

/** Whose ceiling it is. */
export type Party = 'agent' | 'tenant';

export interface PartyCeiling extends Ceiling {
  readonly of: Party;
  /** The agent may not act for this tenant at all, or the tenant does not take this agent. */
  readonly isClosed?: true;
}

/** Why an identity may do what it may: what its token grants, and what limits that. */
export interface Rights {
  /** Scopes. */
  readonly granted: readonly string[];
  /** All of them hold. */
  readonly ceilings: readonly PartyCeiling[];
  readonly hierarchy: ScopeHierarchy;
}
