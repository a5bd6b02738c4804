/**
 * The most that one party allows, whatever a token says. What is absent is not limited; an empty list allows nothing. It never adds a right.
 */
export interface Ceiling {
  /** A scope allows what it implies, too. */
  readonly scopes?: readonly string[];
  /** Handlers as the audit log names them: `refund`, `resource:orders`, `prompt:greeting`, `OrdersController.list`. */
  readonly tools?: readonly string[];
  /** Targets, by name, and the services that these may call onward. */
  readonly targets?: readonly string[];
}

/** An agent as the operator knows it, and the most that it may do. */
export interface RegisteredAgent extends Ceiling {
  /** As `act` and the audit log name it. */
  readonly id: string;
  /** Of the actors for whom it may act. An actor without a tenant is in none. */
  readonly tenants?: readonly string[];
}

/** What a tenant allows whoever acts for its users. */
export interface TenantCeiling extends Ceiling {
  /** The ids of agents that may act in it. */
  readonly agents?: readonly string[];
}
