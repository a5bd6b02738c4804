import { IsIn, IsOptional, MinLength } from 'class-validator';
import { IsIdentifier, IsStrings, Nested } from '../../options/constraints.js';
import { IsObject } from '../../options/plain-object.js';
import { IsScopeList } from '../../options/scope-list.js';

/** For whom the client of a process on stdio acts, as the operator of the process configures it. There is no token. */
export class StdioIdentityOptions {
  /** The issuer that knows the actor. It need not be one of `issuers`. */
  @IsIdentifier({
    message: '$property must be the https identifier of the issuer that knows the actor (http only on loopback)',
  })
  issuer: string;

  @MinLength(1, { message: '$property must be the identifier of the user or service at that issuer' })
  sub: string;

  @IsIn(['user', 'service'], { message: '$property must be "user" or "service"' })
  type: 'user' | 'service';

  @IsOptional()
  @MinLength(1, { message: '$property must be the tenant of the actor, or left out' })
  tenant?: string;

  @MinLength(1, { message: '$property must be the identifier of the client that starts the process' })
  clientId: string;

  /** The agent that calls the tools. It is never guessed. */
  @MinLength(1, { message: '$property must be the identifier of the agent that calls the tools' })
  agent: string;

  @IsScopeList({ message: '$property must be a list of scopes, each by itself without spaces' })
  scopes: string[];

  @IsOptional()
  @IsStrings({ message: '$property must be a list of roles' })
  roles?: string[];
}

export class StdioOptions {
  @IsObject({ message: '$property must be { issuer, sub, type, clientId, agent, scopes }' })
  @Nested(StdioIdentityOptions)
  identity: StdioIdentityOptions;
}
