import { IsOptional } from 'class-validator';
import { AgentOptions, TenantOptions } from './ceiling.options.js';
import { ActorTypeOptions, ClaimPathsOptions } from './claim.options.js';
import { IsNamesOrRecord, IsStringListRecord, IsTextOrObjectRecord, Nested } from './constraints.js';
import { IsObject } from './plain-object.js';

/** Whom the tokens of an issuer name, and the most that agents and tenants allow them. */
export class IssuerIdentityOptions {
  /**
   * The tenants this issuer may name, as a list, or each with the most that it allows: `{ acme: { scopes: ['orders:read'] }, globex: {} }`. When
   * given, every user's token must name one of them; when not, no token may name any.
   */
  @IsOptional()
  @IsNamesOrRecord({
    message:
      '$property must name at least one tenant, in a list or as a map to { scopes, tools, targets, agents }; leave it out for an issuer without tenants',
  })
  @Nested(TenantOptions, { many: true, orText: true })
  tenants?: string[] | Record<string, TenantOptions>;

  /** Where the issuer keeps subject, tenant, client id, scopes, roles and agent, if not where RFC 9068 does. */
  @IsOptional()
  @IsObject({ message: '$property must map subject, tenant, clientId, scope, roles or agent to claims' })
  @Nested(ClaimPathsOptions)
  claims?: ClaimPathsOptions;

  /**
   * What shows whether a user or a service acts. A token whose `sub` is its own client is never a user's. It is a service's, unless
   * `actorType.service` has `values`: then they decide alone.
   */
  @IsObject({
    message:
      '$property must say how a user is recognised, for example { user: { claim: "sub_profile", values: ["user"] } }',
  })
  @Nested(ActorTypeOptions)
  actorType: ActorTypeOptions;

  /**
   * The agent registry: client id → agent id, or `{ id, scopes, tools, targets, tenants }` with the most that the agent may do. It counts for an
   * agent that `act` names under its id, and for what comes by the client.
   */
  @IsOptional()
  @IsTextOrObjectRecord({
    message: '$property must map client ids to agent ids, or to { id, scopes, tools, targets, tenants }',
  })
  @Nested(AgentOptions, { many: true, orText: true })
  agents?: Record<string, string | AgentOptions>;

  /** A role of the issuer → what it is called here. Then no other role counts. Default: as the issuer calls them. */
  @IsOptional()
  @IsObject({ message: '$property must map the roles of the issuer to lists of roles' })
  @IsStringListRecord({ message: '$property must map the roles of the issuer to lists of roles' })
  roles?: Record<string, string[]>;
}
