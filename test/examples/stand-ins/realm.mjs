import { randomUUID } from 'node:crypto';
import { sign } from '../../presets/providers.ts';
import { ACCESS_TOKEN, ANYTHING, demand, isFor, issuedBy, SCOPES, TOKEN_EXCHANGE, words } from '../../delegation-dialects/shape.ts';
import { refuse } from '../../delegation-dialects/token-endpoint.ts';

/**
 * A realm of Keycloak as its export describes it: clients, client scopes and protocol mappers decide what stands in a token. It follows the Server
 * Administration Guide ("Client scopes", "Audience support") and "Standard token exchange". What it does not know, it refuses: an export with another mapper
 * needs one more here.
 */
export class Realm {
  constructor(representation, url) {
    this.representation = representation;
    this.issuer = `${url}/realms/${representation.realm}`;
    this.tokenEndpoint = `${this.issuer}/protocol/openid-connect/token`;
    this.keysUrl = `${this.issuer}/protocol/openid-connect/certs`;
    this.users = representation.users.map(({ username }) => ({ username, id: randomUUID() }));
  }

  /** For the token endpoint of test/delegation-dialects: confidential clients, by their secret. */
  provider() {
    const clients = this.representation.clients
      .filter(client => client.secret)
      .map(({ clientId, secret }) => ({ clientId, auth: { method: 'client_secret_basic', secret } }));
    const { issuer, tokenEndpoint } = this;
    return { issuer, tokenEndpoint, clients, grant: (parameters, clientId) => this.#exchange(parameters, clientId) };
  }

  /** The access token that a user gets who signs in through this client. */
  login(username, clientId, scope = '') {
    const { id } = this.users.find(user => user.username === username);
    return sign(this.#token(this.#client(clientId), { sub: id, sid: randomUUID() }, scope));
  }

  idOf(username) {
    return this.users.find(user => user.username === username).id;
  }

  async #exchange(parameters, clientId) {
    demand(parameters, {
      grant_type: TOKEN_EXCHANGE,
      subject_token: ANYTHING,
      subject_token_type: ACCESS_TOKEN,
      requested_token_type: { optional: ACCESS_TOKEN },
      audience: { optional: ANYTHING },
      scope: { optional: SCOPES },
    });
    const client = this.#client(clientId);
    if (client.attributes?.['standard.token.exchange.enabled'] !== 'true')
      refuse(400, 'invalid_request', 'Standard token exchange is not enabled for the requested client');
    const subject = (await issuedBy(this.issuer, parameters.subject_token)) ?? refuse(400, 'invalid_request', 'Invalid token');
    if (!isFor(subject, clientId)) refuse(403, 'access_denied', 'Client is not within the token audience');
    const token = this.#token(client, subject, parameters.scope);
    const { audience } = parameters;
    if (audience !== undefined) {
      this.#client(audience, () => refuse(400, 'invalid_client', 'Audience not found'));
      if (!isFor(token.claims, audience))
        refuse(400, 'invalid_request', `Requested audience not available: ${audience}`);
      token.claims.aud = audience;
    }
    return {
      access_token: await sign(token),
      expires_in: this.representation.accessTokenLifespan,
      refresh_expires_in: 0,
      token_type: 'Bearer',
      issued_token_type: ACCESS_TOKEN,
      scope: token.claims.scope,
    };
  }

  #token(client, { sub, sid }, requested) {
    const scopes = this.#scopes(client, words(requested));
    const claims = { jti: `onrtac:${randomUUID()}`, iss: this.issuer, typ: 'Bearer', azp: client.clientId, sid, acr: '1' };
    claims.scope = scopes
      .filter(({ attributes }) => attributes?.['include.in.token.scope'] !== 'false')
      .map(({ name }) => name)
      .join(' ');
    const audiences = new Set();
    for (const { protocolMapper, config } of [...scopes, client].flatMap(one => one.protocolMappers ?? [])) {
      if (config['access.token.claim'] !== 'true') continue;
      if (protocolMapper === 'oidc-sub-mapper') claims.sub = sub;
      else if (protocolMapper === 'oidc-audience-mapper')
        audiences.add(config['included.custom.audience'] ?? this.#client(config['included.client.audience']).clientId);
      else if (protocolMapper === 'oidc-usersessionmodel-note-mapper' && config['user.session.note'] === 'AUTH_TIME')
        claims[config['claim.name']] = Math.floor(Date.now() / 1000);
      else throw new Error(`The realm has a mapper that its stand-in does not know: ${protocolMapper}`);
    }
    // Roles of the clients `account` and so on are in scope, and with them their audience.
    if (client.fullScopeAllowed !== false) audiences.add('account');
    claims.aud = audiences.size > 1 ? [...audiences] : [...audiences][0];
    const isTyped = client.attributes?.['access.token.header.type.rfc9068'] === 'true';
    return { header: { typ: isTyped ? 'at+jwt' : 'JWT' }, claims };
  }

  /** Those that each token of the client has, and those that are asked for. `openid` is none of Keycloak's client scopes. */
  #scopes({ defaultClientScopes, optionalClientScopes }, requested) {
    const asked = requested.filter(name => name !== 'openid');
    const unknown = asked.filter(name => !optionalClientScopes.includes(name) && !defaultClientScopes.includes(name));
    if (unknown.length) refuse(400, 'invalid_scope', `Invalid scopes: ${requested.join(' ')}`);
    return [...new Set([...defaultClientScopes, ...asked])].map(name => {
      const found = this.representation.clientScopes.find(scope => scope.name === name);
      if (!found) throw new Error(`The realm has no client scope ${name}. One that lists client scopes has no others.`);
      return found;
    });
  }

  #client(clientId, otherwise) {
    const found = this.representation.clients.find(client => client.clientId === clientId);
    if (!found && otherwise) otherwise();
    if (!found) throw new Error(`The realm has no client ${clientId}`);
    return found;
  }
}
