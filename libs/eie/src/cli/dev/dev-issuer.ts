import { randomBytes } from 'node:crypto';
import { type IssuerPolicy, issuerPolicy, staticKeys } from 'execution-identity';
import { type TestClient } from '../../testing/authorization-server/server.options.js';
import { TestAuthorizationServer } from '../../testing/authorization-server/test-authorization-server.js';
import { askedToken } from './asked-token.js';
import { type DecodedToken, type DevUser } from './dev-page.js';
import { decodeToken } from './decode-token.js';
import { asTestUser } from './dev-users.js';

/** The client of the tokens that nobody signs in for. */
const CLIENT: TestClient = { clientId: 'nestjs-eie-dev' };
/** What the application is to this server: it gets tokens for APIs with it. */
const APPLICATION = 'application';
/** The one after that of the page, so that an API beside the application can name its issuer. */
const PORT = 3434;
/** Seconds: long enough for an afternoon, and no token outlives the keys of its server. */
const LIFETIME = 3_600;

/** The local authorization server, and what the page and `nestjs-eie token` ask of it. */
export class DevIssuer {
  private constructor(
    private readonly server: TestAuthorizationServer,
    private readonly users: readonly DevUser[],
    private readonly resource: string,
    private readonly secret: string,
  ) {}

  static async start(users: readonly DevUser[], resource: string): Promise<DevIssuer> {
    const secret = randomBytes(32).toString('base64url');
    const clients = [CLIENT, { clientId: APPLICATION, secret, serves: [resource] }];
    const options = { audience: resource, users: users.map(asTestUser), clients, lifetime: LIFETIME };
    const server = await TestAuthorizationServer.start({ ...options, port: PORT }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EADDRINUSE') throw error;
        return TestAuthorizationServer.start(options);
      },
    );
    return new DevIssuer(server, users, resource, secret);
  }

  get issuer(): string {
    return this.server.issuer;
  }

  /** What the application is told: whose tokens it takes, and its client there. */
  get environment(): Readonly<Record<string, string>> {
    return { EIE_ISSUER: this.issuer, EIE_CLIENT_ID: APPLICATION, EIE_CLIENT_SECRET: this.secret };
  }

  /** @param body a `DevTokenRequest` @throws BadRequest */
  async token(body: unknown): Promise<{ readonly token: string; readonly expiresIn: number }> {
    const { expiresIn = LIFETIME, ...asked } = askedToken(body);
    const user = this.users.find(({ sub }) => sub === asked.sub);
    const token = await this.server.token({
      client: CLIENT.clientId,
      ...(user && user.tenant !== null && { tenant: user.tenant }),
      ...(user?.roles.length && { roles: user.roles }),
      ...asked,
      expiresIn,
    });
    return { token, expiresIn };
  }

  decode(token: string): Promise<DecodedToken> {
    return decodeToken(token, this.#policy(), Math.floor(Date.now() / 1000));
  }

  close(): Promise<void> {
    return this.server.close();
  }

  /** As `nestjs-eie init` configures this issuer; its tenants are those of the users. */
  #policy(): IssuerPolicy {
    const tenants = new Set(this.users.flatMap(({ tenant }) => tenant ?? []));
    return issuerPolicy({
      issuer: this.issuer,
      keys: staticKeys(this.server.jwks),
      algorithms: ['RS256', 'ES256'],
      audience: [this.resource],
      user: { claim: 'sub', differsFrom: 'client_id' },
      tenants: [...tenants],
      acceptsDpop: true,
    });
  }
}
