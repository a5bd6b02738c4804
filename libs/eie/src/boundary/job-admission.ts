import { type AdmittedIdentity, type Diagnostics } from 'execution-identity';
import { type OpenedJob, revocableIdentity, shareHolder } from 'execution-identity/internal';
import { admitJob, admittedAs, stillRegistered } from 'execution-identity/internal/admit';
import { type ServerOptions } from '../configuration/server-profile.js';
import { type Resources } from '../http/resources.js';
import { AgentDirectory } from '../issuers/agent-directory.js';
import { type IssuerDirectory } from '../issuers/issuer-directory.js';
import { type IdentityRevocation } from '../revocation/identity-revocation.service.js';
import { issuerDirectory } from './trusted-issuers.js';

/**
 * Admits the identity of an opened job by what is known now: its issuer and its tenant, its agent and what that may do, and whether it was revoked
 * since it was sealed.
 */
export class JobAdmission {
  readonly #issuers: IssuerDirectory;
  readonly #agents: AgentDirectory;

  constructor(
    options: ServerOptions,
    parts: { readonly resources: Resources; readonly diagnostics: Diagnostics },
    private readonly revocation: IdentityRevocation,
  ) {
    this.#issuers = issuerDirectory(options, parts.resources, parts.diagnostics);
    this.#agents = new AgentDirectory(options.ports ?? {});
  }

  /**
   * @throws EieError `issuer_unknown`, `issuer_unavailable`, `tenant_refused`, `agent_unregistered`, `agents_unavailable`, `identity_revoked`,
   * `revocation_unavailable`, `limit_reached`
   */
  async admit(job: OpenedJob): Promise<AdmittedIdentity> {
    const policy = await this.#issuers.find(job.actor.issuer, shareHolder(job));
    const identity = admitJob(job, policy);
    const admitted = admittedAs(identity, await this.#agents.find(identity, policy), policy);
    stillRegistered(job, admitted);
    await this.revocation.assertNotRevoked(revocableIdentity(admitted));
    return admitted;
  }
}
