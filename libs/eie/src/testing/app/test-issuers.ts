import { randomBytes } from 'node:crypto';
import { EieConfigurationError } from 'execution-identity';
import { type ClientOptions } from '../../options/client.options.js';
import { IssuerSource } from '../../options/issuer-source.js';
import { type IssuerOptions } from '../../options/issuer.options.js';
import { type TestResource } from '../authorization-server/server.options.js';
import { TestAuthorizationServer } from '../authorization-server/test-authorization-server.js';
import { type TestIdentity } from './test-identity.js';

/** What an application says of an issuer, and keeps: how its tokens look and where it is, is replaced. */
const KEPT = [
  'agents',
  'audience',
  'maxLifetime',
  'maxTokenLength',
  'roles',
  'scopePrefix',
  'tenantAudience',
  'tenants',
  'tokenHeader',
  'toleratedAudiences',
] as const;

/** The client of a server that says none itself, but knows some by `ports.clients`. */
const CLIENT = 'test-server';

/** An issuer as an application configures it, and the server that stands in for it. */
export interface TestIssuer {
  readonly server: TestAuthorizationServer;
  readonly options: IssuerOptions;
}

/** For each issuer that an application configures, a test authorization server that mints tokens in its name. */
export class TestIssuers {
  readonly #secret = randomBytes(32).toString('base64url');
  readonly #servers = new Map<string, Promise<TestAuthorizationServer>>();
  readonly #known = new Map<string, TestIssuer>();
  readonly #resources = new Map<string, TestResource>();
  #sources: IssuerSource[] = [];
  #audience = '';

  /** What stands in for the issuers of an application, under their own names. */
  async replaced(
    issuers: readonly (IssuerOptions | IssuerSource)[],
    audience: string,
    hasClientSource: boolean,
  ): Promise<(IssuerOptions | IssuerSource)[]> {
    this.#audience = audience;
    const replace = (one: IssuerOptions): Promise<IssuerOptions> => this.#replaced(one, hasClientSource);
    const all = await Promise.all(
      issuers.map(async one => (one instanceof IssuerSource ? new ReplacedSource(one, replace) : replace(one))),
    );
    this.#sources = all.filter(one => one instanceof IssuerSource);
    return all;
  }

  /** The same client, by a secret of the test. */
  client({ clientId }: Pick<ClientOptions, 'clientId'>): ClientOptions {
    for (const server of this.#known.values()) server.server.addClient({ clientId, secret: this.#secret });
    return { clientId, auth: { method: 'client_secret_basic', secret: this.#secret } };
  }

  /** @throws EieConfigurationError where one resource is called both as a delegate and as the user alone: no test issuer could tell */
  async addResource(identifier: string, resource: TestResource): Promise<void> {
    const known = this.#resources.get(identifier);
    if (known && known.exchange !== resource.exchange)
      throw new EieConfigurationError(
        `Two targets have the resource ${identifier}, one of them with "restricted_user": a test application needs a resource of its own for each.`,
      );
    this.#resources.set(identifier, resource);
    for (const server of this.#servers.values()) (await server).addResource(identifier, resource);
  }

  /**
   * The server that stands in for an issuer.
   *
   * @param name as the application configures it. Default: the first that it names, whichever server was started first
   * @throws EieConfigurationError for a name that the application does not know
   */
  async of(name: string | undefined = [...this.#servers.keys()][0]): Promise<TestIssuer> {
    if (name !== undefined && !this.#known.has(name)) for (const source of this.#sources) await source.find(name);
    const found = name === undefined ? undefined : this.#known.get(name);
    if (found) return found;
    throw new EieConfigurationError(
      `The application knows ${name === undefined ? 'no issuer by name' : `no issuer ${name}`}: give { issuer } one of ${[...this.#known.keys()].join(', ') || 'those that its IssuerSource knows'}.`,
    );
  }

  get all(): readonly TestIssuer[] {
    return [...this.#known.values()];
  }

  /** A token of the issuer, for the audience that the application expects of it. */
  async token({ issuer, ...request }: TestIdentity): Promise<string> {
    const { server, options } = await this.of(issuer);
    const { tenantAudience, audience: [audience = this.#audience] = [] } = options;
    const ofTenant = tenantAudience?.replace('{tenant}', request.tenant ?? '');
    return server.token({ audience: ofTenant ?? audience, ...request });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#servers.values()].map(async server => (await server).close()));
  }

  async #replaced(options: IssuerOptions, hasClientSource: boolean): Promise<IssuerOptions> {
    const server = await this.#server(options.issuer);
    const clientId = options.client?.clientId ?? (hasClientSource ? CLIENT : undefined);
    const kept = Object.fromEntries(KEPT.flatMap(key => (options[key] === undefined ? [] : [[key, options[key]]])));
    this.#known.set(options.issuer, { server, options });
    const replaced = server.issuerOptions({
      ...kept,
      ...(clientId !== undefined && { client: this.client({ clientId }) }),
    });
    this.#known.set(options.issuer, { server, options: replaced });
    return replaced;
  }

  #server(issuer: string): Promise<TestAuthorizationServer> {
    const started =
      this.#servers.get(issuer) ??
      TestAuthorizationServer.start({ issuer, users: [], resources: Object.fromEntries(this.#resources) });
    this.#servers.set(issuer, started);
    return started;
  }
}

/** Knows the issuers that the application's own source knows. */
class ReplacedSource extends IssuerSource {
  constructor(
    private readonly source: IssuerSource,
    private readonly replace: (options: IssuerOptions) => Promise<IssuerOptions>,
  ) {
    super();
  }

  get advertised(): readonly string[] {
    return this.source.advertised;
  }

  async find(issuer: string): Promise<IssuerOptions | undefined> {
    const found = await this.source.find(issuer);
    return found && this.replace(found);
  }
}
