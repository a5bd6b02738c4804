import { randomUUID } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { ACR, AMR, userClaims, words } from './claims.js';
import type { Account, ClientRegistration, Registry, Resource } from './registry.js';
import type { SigningKey } from './signing-key.js';

const ID_TOKEN_LIFETIME = 300;

export interface UserTokenRequest {
  sub: string;
  clientId: string;
  resource: string;
  scope: string;
  /** Added to the claims of the token, or put in the place of some; a claim set to undefined is left out. */
  claims?: Record<string, unknown>;
  /** Seconds from `issuedAt`; by default the lifetime of the resource's tokens. */
  expiresIn?: number;
  /** Seconds since 1970; by default now. In the past it makes an expired token. */
  issuedAt?: number;
}

/** Signs what does not come from oidc-provider: exchanged tokens, and tokens without a login for tests. */
export class TokenIssuer {
  readonly #issuer: string;
  readonly #key: SigningKey;
  readonly #registry: Registry;

  constructor(issuer: string, key: SigningKey, registry: Registry) {
    this.#issuer = issuer;
    this.#key = key;
    this.#registry = registry;
  }

  /** A JWT access token (RFC 9068). */
  accessToken(claims: JWTPayload & { client_id: string; scope: string }): string {
    return this.#key.sign({ jti: randomUUID(), ...claims, iss: this.#issuer }, { typ: 'at+jwt' });
  }

  /** The access token the user would get by logging in through the client at `issuedAt`. */
  userToken({ sub, clientId, resource, scope, claims, expiresIn, issuedAt = now() }: UserTokenRequest): string {
    const account = this.#account(sub);
    const client = this.#client(clientId);
    const { identifier, scopes, lifetime, opaque } = this.#resource(resource);
    if (opaque) throw new TypeError(`${resource} has opaque tokens: log in to get one`);
    const unknown = words(scope).find(word => !scopes.includes(word));
    if (unknown) throw new TypeError(`${resource} has no scope ${unknown}`);

    const login = { authTime: issuedAt, acr: ACR, amr: AMR, sid: randomUUID() };
    const token = {
      ...userClaims(account, login, client, this.#issuer),
      jti: randomUUID(),
      sub,
      iat: issuedAt,
      exp: issuedAt + (expiresIn ?? lifetime),
      scope,
      client_id: clientId,
      iss: this.#issuer,
      aud: identifier,
      ...claims,
    };
    return this.#key.sign(token, { typ: 'at+jwt' });
  }

  /** The ID token that would come with it. Like those of oidc-provider it has no `typ`. */
  idToken({ sub, clientId }: { sub: string; clientId: string }): string {
    const { tenant, name } = this.#account(sub);
    this.#client(clientId);
    const iat = now();
    return this.#key.sign({
      sub,
      name,
      tenant,
      auth_time: iat,
      acr: ACR,
      amr: AMR,
      aud: clientId,
      exp: iat + ID_TOKEN_LIFETIME,
      iat,
      iss: this.#issuer,
    });
  }

  #account(sub: string): Account {
    return known(this.#registry.account(sub), `account ${sub}`);
  }

  #client(clientId: string): ClientRegistration {
    return known(this.#registry.client(clientId), `client ${clientId}`);
  }

  #resource(identifier: string): Resource {
    return known(this.#registry.resource(identifier), `resource ${identifier}`);
  }
}

export const now = (): number => Math.floor(Date.now() / 1000);

function known<T>(entry: T | undefined, name: string): T {
  if (entry === undefined) throw new TypeError(`${name} is not registered`);
  return entry;
}
