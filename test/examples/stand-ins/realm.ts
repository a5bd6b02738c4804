import { randomUUID } from 'node:crypto';
import { type JWTPayload } from 'jose';
import {
  ACCESS_TOKEN,
  ANYTHING,
  demand,
  isFor,
  issuedBy,
  SCOPES,
  TOKEN_EXCHANGE,
  words,
} from '../../delegation-dialects/shape.js';
import { type Provider, refuse } from '../../delegation-dialects/token-endpoint.js';
import { type DocumentedToken } from '../../presets/fixtures/tokens.js';
import { sign } from '../../presets/providers.js';

interface Mapper {
  protocolMapper: string;
  config: Record<string, string>;
}

interface ClientScope {
  name: string;
  attributes?: Record<string, string>;
  protocolMappers?: Mapper[];
}

interface RealmClient {
  clientId: string;
  secret?: string;
  fullScopeAllowed?: boolean;
  attributes?: Record<string, string>;
  defaultClientScopes: string[];
  optionalClientScopes: string[];
  protocolMappers?: Mapper[];
}

/** What is read of an export. */
export interface RealmExport {
  realm: string;
  accessTokenLifespan: number;
  users: { username: string }[];
  clientScopes: ClientScope[];
  clients: RealmClient[];
}

/**
 * A realm of Keycloak as its export describes it: clients, client scopes and protocol mappers decide what stands in a token. It follows the Server
 * Administration Guide ("Client scopes", "Audience support") and "Standard token exchange". An export with a mapper that it does not know is refused.
 */
export class Realm {
  readonly issuer: string;
  readonly keysUrl: string;
  readonly #ids: Map<string, string>;

  constructor(
    private readonly exported: RealmExport,
    url: string,
  ) {
    this.issuer = `${url}/realms/${exported.realm}`;
    this.keysUrl = `${this.issuer}/protocol/openid-connect/certs`;
    this.#ids = new Map(exported.users.map(({ username }) => [username, randomUUID()]));
  }

  /** `sub` of a user. */
  idOf(username: string): string {
    return this.#ids.get(username)!;
  }

  /** The access token of a user who signs in through this client. */
  login(username: string, clientId: string, scope?: string): Promise<string> {
    return sign(this.#token(this.#client(clientId), { sub: this.idOf(username), sid: randomUUID() }, scope));
  }

  /** Its token endpoint: confidential clients exchange tokens. */
  provider(): Provider {
    const clients = this.exported.clients.flatMap(({ clientId, secret }) =>
      secret ? [{ clientId, auth: { method: 'client_secret_basic' as const, secret } }] : [],
    );
    return {
      issuer: this.issuer,
      tokenEndpoint: `${this.issuer}/protocol/openid-connect/token`,
      clients,
      grant: (parameters, clientId) => this.#exchange(parameters, this.#client(clientId)),
    };
  }

  async #exchange(parameters: Record<string, string>, client: RealmClient): Promise<object> {
    demand(parameters, {
      grant_type: TOKEN_EXCHANGE,
      subject_token: ANYTHING,
      subject_token_type: ACCESS_TOKEN,
      requested_token_type: { optional: ACCESS_TOKEN },
      audience: ANYTHING,
      scope: { optional: SCOPES },
    });
    if (client.attributes?.['standard.token.exchange.enabled'] !== 'true')
      refuse(400, 'invalid_request', 'Standard token exchange is not enabled for the requested client');
    const subject =
      (await issuedBy(this.issuer, parameters.subject_token!)) ?? refuse(400, 'invalid_request', 'Invalid token');
    if (!isFor(subject, client.clientId)) refuse(403, 'access_denied', 'Client is not within the token audience');
    const { header, claims } = this.#token(client, subject, parameters.scope);
    const aud = parameters.audience!;
    // `audience` only filters what the mappers have written.
    if (!isFor(claims, aud)) refuse(400, 'invalid_request', `Requested audience not available: ${aud}`);
    return {
      access_token: await sign({ header, claims: { ...claims, aud } }),
      expires_in: this.exported.accessTokenLifespan,
      refresh_expires_in: 0,
      token_type: 'Bearer',
      issued_token_type: ACCESS_TOKEN,
      scope: claims.scope,
    };
  }

  #token(client: RealmClient, { sub, sid }: JWTPayload, requested?: string): DocumentedToken {
    const scopes = this.#scopes(client, words(requested));
    const shown = scopes.filter(({ attributes }) => attributes?.['include.in.token.scope'] !== 'false');
    const mapped: Record<string, unknown> = {};
    // With full scope, the roles that everybody has at Keycloak's own client bring its audience.
    const audiences = new Set(client.fullScopeAllowed === false ? [] : ['account']);
    for (const { protocolMapper, config } of [...scopes, client].flatMap(one => one.protocolMappers ?? [])) {
      if (config['access.token.claim'] !== 'true') continue;
      if (protocolMapper === 'oidc-sub-mapper') mapped.sub = sub;
      else if (protocolMapper === 'oidc-usersessionmodel-note-mapper')
        mapped[config['claim.name']!] = Math.floor(Date.now() / 1000);
      else if (protocolMapper === 'oidc-audience-mapper')
        audiences.add(config['included.custom.audience'] ?? this.#client(config['included.client.audience']!).clientId);
      else throw new Error(`The stand-in for Keycloak does not know this mapper: ${protocolMapper}`);
    }
    const [aud, ...others] = audiences;
    const claims = {
      jti: `onrtac:${randomUUID()}`,
      iss: this.issuer,
      aud: others.length ? [aud, ...others] : aud,
      typ: 'Bearer',
      azp: client.clientId,
      sid,
      acr: '1',
      scope: shown.map(({ name }) => name).join(' '),
      ...mapped,
    };
    const typ = client.attributes?.['access.token.header.type.rfc9068'] === 'true' ? 'at+jwt' : 'JWT';
    return { header: { typ }, claims };
  }

  /** Those that each token of the client has, and those that are asked for. `openid` is no client scope. */
  #scopes({ defaultClientScopes, optionalClientScopes }: RealmClient, requested: string[]): ClientScope[] {
    const asked = requested.filter(name => name !== 'openid');
    if (asked.some(name => !optionalClientScopes.includes(name)))
      refuse(400, 'invalid_scope', `Invalid scopes: ${requested.join(' ')}`);
    return [...defaultClientScopes, ...asked].map(name => {
      const found = this.exported.clientScopes.find(scope => scope.name === name);
      if (!found) throw new Error(`The realm lists client scopes, and ${name} is none of them`);
      return found;
    });
  }

  #client(clientId: string): RealmClient {
    const found = this.exported.clients.find(client => client.clientId === clientId);
    return found ?? refuse(400, 'invalid_client', `Client not found: ${clientId}`);
  }
}
