import { EieError, type EnvelopeParts } from 'execution-identity';
import { findingOf, shareHolder } from 'execution-identity/internal';
import { type ServerOptions } from '../../configuration/server-profile.js';
import { ClientDirectory } from '../../issuers/client-directory.js';
import { OAuthClient } from '../../issuers/oauth-client.js';
import { type SourcedIssuers, sourcedIssuersOf } from '../../issuers/sourced-issuers.js';
import { type ClientOptions } from '../../options/client.options.js';
import { InboundIssuer } from '../../options/inbound-issuer.js';
import { type IssuerOptions } from '../../options/issuer.options.js';
import { partition } from '../../options/issuer-source.js';
import { lackingOf, type OpenTarget } from './open-target.js';
import { type Target } from './target.js';

/** Who calls. */
type Caller = Pick<EnvelopeParts, 'actor' | 'agent'>;

/** Finds, for each call, the issuer of a target that is not known at boot, and this server as its client. */
export class TargetIssuers {
  readonly #configured: ReadonlyMap<string, IssuerOptions>;
  readonly #sourced: SourcedIssuers;
  readonly #clients: ClientDirectory;
  /** Of issuers, for as long as their options are the same. */
  readonly #made = new WeakMap<ClientOptions, OAuthClient>();

  constructor(options: ServerOptions) {
    this.#configured = new Map(partition(options.issuers).configured.map(one => [one.issuer, one]));
    this.#sourced = sourcedIssuersOf(options);
    this.#clients = new ClientDirectory(options.ports ?? {});
  }

  /**
   * The target as it is for this identity. Its issuer is the one that is configured, or that of the verified actor.
   *
   * @throws EieError `target_issuer_refused` for an actor of an issuer that the target is not meant for; `delegation_misconfigured` where the
   * issuer or the client is not known; `delegation_unavailable` when a source fails; `limit_reached`
   */
  async complete(target: Target, envelope: Caller): Promise<Target> {
    const lacking = lackingOf(target);
    if (!lacking) return target;
    const issuer = await this.#issuerOf(target, lacking, envelope);
    const client = lacking.client ?? this.#own(issuer) ?? (await this.#found(target, issuer, envelope));
    if (client) return lacking.complete(issuer, client);
    throw new EieError('delegation_misconfigured', {
      finding: {
        issuer: issuer.issuer,
        claim: `targets.${target.name}`,
        fix: 'Give that issuer a "client", or have ports.clients answer with one for it: this server needs a token of it.',
      },
    });
  }

  async #issuerOf({ name }: Target, { issuer: wanted }: OpenTarget, envelope: Caller): Promise<IssuerOptions> {
    const inbound = InboundIssuer.isInbound(wanted) ? wanted : undefined;
    const issuer = InboundIssuer.isInbound(wanted) ? envelope.actor.issuer : wanted;
    const found = this.#configured.get(issuer) ?? (await this.#asked(issuer, envelope));
    const about = { issuer, claim: `targets.${name}.issuer` };
    if (!found) {
      const fix = 'Configure it in "issuers", or have the issuer source answer with its options.';
      throw new EieError('delegation_misconfigured', { finding: { ...about, fix } });
    }
    if (inbound && !InboundIssuer.suits(inbound, found))
      throw new EieError('target_issuer_refused', {
        finding: { ...about, expected: InboundIssuer.providersOf(inbound) },
      });
    return found;
  }

  async #asked(issuer: string, envelope: Caller): Promise<IssuerOptions | undefined> {
    return this.#sourced.find(issuer, shareHolder(envelope)).catch((error: unknown) => {
      if (!(error instanceof EieError) || error.code !== 'issuer_unavailable') throw error;
      const fix = 'See why the issuer source failed.';
      throw new EieError('delegation_unavailable', { finding: { issuer, fix, ...findingOf(error) } });
    });
  }

  #own({ client, issuer }: IssuerOptions): OAuthClient | undefined {
    if (!client) return undefined;
    const made = this.#made.get(client) ?? new OAuthClient(client, `issuers[${issuer}].client`);
    this.#made.set(client, made);
    return made;
  }

  #found({ name: target }: Target, { issuer }: IssuerOptions, envelope: Caller): Promise<OAuthClient | undefined> {
    const { tenant } = envelope.actor;
    return this.#clients.find({ issuer, target, ...(tenant !== undefined && { tenant }) }, shareHolder(envelope));
  }
}
