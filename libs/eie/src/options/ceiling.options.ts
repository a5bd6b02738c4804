import { IsOptional, IsString, MinLength } from 'class-validator';
import { IsStrings } from './constraints.js';
import { IsScopeList } from './scope-list.js';

/** The most that an agent or a tenant allows. What is left out is not limited; an empty list allows nothing. It never adds a right. */
class CeilingOptions {
  /** Scopes; each allows what it implies (`authorization.scopeHierarchy`), too. */
  @IsOptional()
  @IsScopeList({
    message: '$property must be a list of scopes, each by itself without spaces; an empty one allows none',
  })
  scopes?: string[];

  /** Tools and other handlers, as the audit log names them: `refund`, `resource:orders`, `OrdersController.list`. */
  @IsOptional()
  @IsStrings({ message: '$property must be a list of handlers, as the audit log names them; an empty one allows none' })
  tools?: string[];

  /** Targets, by name, and the services that these may call onward. */
  @IsOptional()
  @IsStrings({ message: '$property must be a list of targets; an empty one allows none' })
  targets?: string[];
}

/** An agent of the registry, and the most that it may do, whoever it acts for. */
export class AgentOptions extends CeilingOptions {
  /** As the audit log names it, and `act` where the issuer writes that. */
  @IsString({ message: '$property must be the id of the agent' })
  @MinLength(1, { message: '$property must be the id of the agent' })
  id: string;

  /** The tenants of the actors for whom it may act. */
  @IsOptional()
  @IsStrings({ message: '$property must be a list of tenants; an empty one allows none' })
  tenants?: string[];
}

/** A tenant of an issuer, and the most that it allows whoever acts for its users. */
export class TenantOptions extends CeilingOptions {
  /** The ids of the agents that may act in it. */
  @IsOptional()
  @IsStrings({ message: '$property must be a list of agent ids; an empty one allows none' })
  agents?: string[];
}
